import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SubjectProcess } from './inprocess/processes.mjs'
import { quantile } from './measure/summary.mjs'
import { aligned } from './measure/table.mjs'
import { findNode } from './measure/versions.mjs'
import { keyScenarios, scenarios } from './server/scenarios.mjs'

const help = `Whether a change makes requests faster or slower: two builds of this package answer the same
requests in turn, in many short rounds and in several pairs of processes, because one process can be
some per cent faster than the next with the same code. For each pair of rounds the ratio of their CPU
times is taken (new / old), the whole of Node's own work included. "least" is the ratio of the fastest
rounds of each pair of processes, the median of all pairs: it bears a busy machine.

node benchmark/pairs.mjs --against folder [options]
  --against folder  the build to compare with
  --build folder    the build to judge (this one)
  --scenario a,b    of ${Object.keys(scenarios).join(', ')}
  --all             all scenarios
  --framework name  of http, express4, express5 (http)
  --pairs n         of processes (5)
  --rounds n        of each pair (20)
  --requests n      in a round (256)
  --warm n          requests before the first round (6144)
  --node path       the Node to measure with, or its number, as for run.mjs`

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    build: { type: 'string' },
    scenario: { type: 'string' },
    all: { type: 'boolean', default: false },
    framework: { type: 'string', default: 'http' },
    pairs: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '256' },
    warm: { type: 'string', default: '6144' },
    node: { type: 'string', default: process.execPath },
    help: { type: 'boolean', default: false }
  }
})

const [pairs, rounds, requests, warm] = ['pairs', 'rounds', 'requests', 'warm'].map((name) =>
  Number(options[name])
)

if (options.help || !options.against) console.log(help)
else await main()

async function main() {
  const { node, version } = findNode(options.node)
  const names = options.scenario?.split(',') ?? Object.keys(options.all ? scenarios : keyed())
  const rows = [
    [version, 'lower quartile', 'median', 'upper quartile', 'least', 'new µs', 'old µs']
  ]
  for (const scenario of names) rows.push([scenario, ...(await compare(node, scenario))])
  console.log(aligned(rows).join('\n'))
}

function keyed() {
  return Object.fromEntries(keyScenarios.map((name) => [name, scenarios[name]]))
}

async function compare(node, scenario) {
  const times = { new: [], old: [] }
  const leasts = []
  for (let pair = 0; pair < pairs; pair++) {
    const { fresh, old } = await measurePair(node, scenario)
    times.new.push(...fresh)
    times.old.push(...old)
    leasts.push(Math.min(...fresh) / Math.min(...old))
  }
  const ratios = times.new.map((time, n) => time / times.old[n])
  const quartiles = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(3))
  const medians = [times.new, times.old].map((all) => quantile(all, 0.5).toFixed(2))
  return [...quartiles, quantile(leasts, 0.5).toFixed(3), ...medians]
}

async function measurePair(node, scenario) {
  const { framework } = options
  const sessions = scenarios[scenario].usesUp ? requests : 100
  const start = (subject) => SubjectProcess.start({ subject, framework, scenario, sessions }, node)
  const mine = options.build ? `build:${resolve(options.build)}` : 'ours'
  const processes = []
  try {
    processes.push(await start(mine), await start(`build:${resolve(options.against)}`))
    for (const process of processes) {
      for (let done = 0; done < warm; done += requests) await process.answer(requests)
    }
    const [fresh, old] = [[], []]
    for (let round = 0; round < rounds; round++) {
      // The other one begins each time.
      const first = round % 2
      const answered = []
      for (const n of [first, 1 - first]) answered[n] = await processes[n].answer(requests)
      fresh.push(answered[0])
      old.push(answered[1])
    }
    return { fresh, old }
  } finally {
    await Promise.all(processes.map((process) => process.stop()))
  }
}
