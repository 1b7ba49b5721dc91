import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { parseArgs, promisify } from 'node:util'
import { writeReport } from './measure/report-file.mjs'
import { median } from './measure/summary.mjs'
import { aligned } from './measure/table.mjs'
import { findNode } from './measure/versions.mjs'

const help = `How long \`require\` takes, each time in a fresh process. The packages take turns, and
"nothing" is what the measuring itself takes.

node benchmark/load-time.mjs [options]
  --rounds n       (40)
  --with-express   Express is loaded already, as in an application that uses it
  --node path      the Node to measure with, or its number, as for run.mjs
  --json file      writes the results there`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    'with-express': { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const run = promisify(execFile)
const { resolve: fileOf } = createRequire(import.meta.url)
const packages = {
  nothing: undefined,
  'express-session': fileOf('express-session'),
  ours: fileOf('../index.js')
}

if (options.help) console.log(help)
else await main()

async function main() {
  const { node, version } = findNode(options.node)
  const measured = Object.fromEntries(Object.keys(packages).map((name) => [name, []]))
  // Files that have not been read for long come from the disk, so the first round is not counted.
  for (let round = -1; round < Number(options.rounds); round++) {
    for (const [name, file] of Object.entries(packages)) {
      const figures = await load(node, file)
      if (round >= 0) measured[name].push(figures)
    }
  }
  const results = Object.entries(measured).map(([name, figures]) => summaryOf(name, figures))
  print(results)
  const settings = { node: version, withExpress: options['with-express'] }
  const report = { kind: 'load-time', ...settings, rounds: Number(options.rounds), results }
  if (options.json) writeReport(options.json, report)
}

async function load(node, file) {
  const code = `
    ${options['with-express'] ? `require(${JSON.stringify(fileOf('express'))})` : ''}
    const memory = process.memoryUsage.rss()
    const cpu = process.cpuUsage()
    const start = process.hrtime.bigint()
    ${file ? `require(${JSON.stringify(file)})` : ''}
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
    const { user, system } = process.cpuUsage(cpu)
    const megabytes = (process.memoryUsage.rss() - memory) / 2 ** 20
    console.log(JSON.stringify({ milliseconds, cpu: (user + system) / 1000, megabytes }))`
  const { stdout } = await run(node, ['--eval', code])
  return JSON.parse(stdout)
}

function summaryOf(name, figures) {
  const times = figures.map(({ milliseconds }) => milliseconds)
  return {
    name,
    milliseconds: median(times),
    least: Math.min(...times),
    cpuMilliseconds: median(figures.map(({ cpu }) => cpu)),
    residentMegabytes: median(figures.map(({ megabytes }) => megabytes))
  }
}

function print(results) {
  const rows = [['', 'median', 'least', 'CPU', 'RSS']]
  for (const { name, milliseconds, least, cpuMilliseconds, residentMegabytes } of results) {
    const times = [milliseconds, least, cpuMilliseconds].map((ms) => `${ms.toFixed(2)} ms`)
    rows.push([name, ...times, `${residentMegabytes.toFixed(1)} MB`])
  }
  console.log(aligned(rows).join('\n'))
}
