import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SubjectProcess } from './inprocess/processes.mjs'
import { writeReport } from './measure/report-file.mjs'
import { median } from './measure/summary.mjs'
import { aligned, fraction } from './measure/table.mjs'
import { findNode } from './measure/versions.mjs'
import { keyScenarios, scenarios } from './server/scenarios.mjs'

const help = `The CPU time per request without a network, for those who optimise: requests and
responses are Node's own, what is written goes nowhere. Subjects take turns in many short rounds, and
the least of each is shown beside the median, so it bears a busy machine.

node benchmark/inprocess.mjs [options]
  --scenario a,b    of ${Object.keys(scenarios).join(', ')}
  --all             all scenarios
  --framework a,b   of http, express4, express5 (http)
  --rounds n        (40)
  --requests n      in a round (256)
  --warm n          requests before the first round (4096)
  --subjects a,b    besides none and express-session (ours)
  --against folder  also another build of this package
  --node path       the Node to measure with, or its number, as for run.mjs
  --prof folder     writes a CPU profile of each subject there
  --json file       writes the results there`

const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string' },
    all: { type: 'boolean', default: false },
    framework: { type: 'string', default: 'http' },
    rounds: { type: 'string', default: '40' },
    requests: { type: 'string', default: '256' },
    warm: { type: 'string', default: '4096' },
    subjects: { type: 'string', default: 'ours' },
    against: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    prof: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const [rounds, requests, warm] = [options.rounds, options.requests, options.warm].map(Number)
const { node, version } = findNode(options.node)

if (options.help) console.log(help)
else await main()

async function main() {
  const names =
    options.scenario?.split(',') ?? (options.all ? Object.keys(scenarios) : keyScenarios)
  const subjects = ['none', 'express-session', ...options.subjects.split(',')]
  if (options.against) subjects.push(`build:${resolve(options.against)}`)
  const results = []
  for (const framework of options.framework.split(',')) {
    const rows = [[framework, 'subject', 'CPU µs', 'least', 'tax', 'least', 'ratio', 'least']]
    for (const scenario of names) {
      const result = summaryOf(await measure({ framework, scenario }, subjects))
      results.push({ framework, scenario, subjects: result })
      rows.push(...rowsOf(scenario, result))
    }
    console.log(`${aligned(rows).join('\n')}\n`)
  }
  const report = { kind: 'inprocess', node: version, cpu: cpus()[0]?.model.trim() }
  if (options.json) writeReport(options.json, { ...report, rounds, requests, results })
}

async function measure(plan, subjects) {
  const sessions = scenarios[plan.scenario].usesUp ? requests : 100
  const workers = []
  try {
    for (const subject of subjects) workers.push(await startWorker({ ...plan, subject, sessions }))
    // Scenarios that use sessions up can serve no more than these in one go.
    for (const worker of workers) {
      for (let done = 0; done < warm; done += requests) await worker.answer(requests)
    }
    const measured = Object.fromEntries(subjects.map((subject) => [subject, []]))
    for (let n = 0; n < rounds; n++) {
      for (const worker of workers) measured[worker.subject].push(await worker.answer(requests))
    }
    return measured
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

function startWorker(settings) {
  if (!options.prof) return SubjectProcess.start(settings, node)
  const { subject, framework, scenario } = settings
  const name = `${framework}.${scenario}.${subject}.cpuprofile`.replaceAll(/[^a-z0-9.-]/g, '_')
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${options.prof}`, `--cpu-prof-name=${name}`]
  return SubjectProcess.start(settings, node, profiling)
}

/** For each subject its CPU time and its tax: the median, and what the least of all rounds says. */
function summaryOf(measured) {
  const { none } = measured
  const least = (name) => Math.min(...measured[name])
  const summary = {}
  for (const [name, cpu] of Object.entries(measured)) {
    summary[name] = { cpu: { median: median(cpu), least: least(name) } }
    if (name === 'none') continue
    const tax = median(cpu.map((time, n) => time - none[n]))
    summary[name].tax = { median: tax, least: least(name) - least('none') }
  }
  return summary
}

function rowsOf(scenario, subjects) {
  const theirs = subjects['express-session'].tax
  return Object.entries(subjects).map(([name, { cpu, tax }], n) => {
    const row = [n === 0 ? scenario : '', name, number(cpu.median), number(cpu.least)]
    if (tax === undefined) return row.concat('', '', '', '')
    const ratios = [tax.median / theirs.median, tax.least / theirs.least].map(fraction)
    return row.concat(number(tax.median), number(tax.least), ratios)
  })
}

function number(microseconds) {
  return microseconds.toFixed(2)
}
