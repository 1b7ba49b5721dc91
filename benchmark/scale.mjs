import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeReport } from './measure/report-file.mjs'
import { aligned } from './measure/table.mjs'
import { findNode } from './measure/versions.mjs'
import { storeNames } from './scale/stores.mjs'

const help = `How the cost of memory stores grows with the number of live sessions of 350 bytes.
See benchmark/README.md.

node benchmark/scale.mjs [options]
  --sizes a,b       with k and M (1k,100k,1M,10M)
  --stores a,b      of ${storeNames.join(', ')}
  --heap megabytes  what a process's JavaScript heap is limited to (4096)
  --minutes n       what one store may take at one size (6)
  --watch seconds   for how long after the sessions' expiry (10)
  --node path       the Node to measure with, or its number, as for run.mjs
  --json file       writes the results there`

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1k,100k,1M,10M' },
    stores: { type: 'string', default: storeNames.join(',') },
    heap: { type: 'string', default: '4096' },
    minutes: { type: 'string', default: '6' },
    watch: { type: 'string', default: '10' },
    node: { type: 'string', default: process.execPath },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const workerFile = fileURLToPath(new URL('scale/worker.mjs', import.meta.url))
const { node, version } = findNode(options.node)
const columns = {
  'sets/s': ({ createPerSecond: n }) => shown(n, 0),
  'create stall': ({ createStallMs: n }) => shown(n, 1, ' ms'),
  'B/session RSS': ({ residentPerSession: n }) => shown(n, 0),
  heap: ({ heapMegabytes: n }) => shown(n, 0, ' MB'),
  'full GC': ({ collectionMs: n }) => shown(n, 0, ' ms'),
  'tax read': (figures) => shown(figures['read-maxageTax'], 1, ' µs'),
  'tax modify': ({ modifyTax: n }) => shown(n, 1, ' µs'),
  'get p50/p99/p99.9': ({ get }) => latency(get),
  set: ({ set }) => latency(set),
  'touch µs': ({ touch }) => latency(touch),
  'expiry stall': ({ expireStallMs: n }) => shown(n, 1, ' ms'),
  length: ({ lengthMs: n }) => shown(n, 1, ' ms')
}

if (options.help) console.log(help)
else await main()

async function main() {
  const { heap, minutes, watch } = options
  const settings = {
    node: version,
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim(),
    memoryGigabytes: totalmem() / 2 ** 30,
    heapLimitMegabytes: Number(heap),
    minutes: Number(minutes),
    watchSeconds: Number(watch)
  }
  const results = []
  for (const text of options.sizes.split(',')) {
    const rows = [[text, ...Object.keys(columns)]]
    const failures = []
    for (const name of options.stores.split(',')) {
      const result = await measure(name, sizeOf(text), settings)
      results.push(result)
      rows.push([name, ...Object.values(columns).map((show) => show(result))])
      if (result.failure) failures.push(`${name}: ${result.failure}`)
      if (options.json) writeReport(options.json, { kind: 'scale', ...settings, results })
    }
    console.log(`${[...aligned(rows), ...failures].join('\n')}\n`)
  }
}

async function measure(name, size, settings) {
  return runWorker({ name, size, watchSeconds: settings.watchSeconds }, settings)
}

/** What a worker has told, and in `failure` why it told no more. */
async function runWorker(plan, { heapLimitMegabytes, minutes }) {
  const args = ['--expose-gc', `--max-old-space-size=${heapLimitMegabytes}`, workerFile]
  const child = spawn(node, [...args, JSON.stringify(plan)], {
    env: { ...process.env, NODE_ENV: 'production', NO_DEPRECATION: 'express-session' },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc']
  })
  const result = { store: plan.name, size: plan.size }
  let phase = 'start'
  let said = ''
  let isLate = false
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-20_000)))
  child.on('message', (message) => {
    phase = message.phase
    Object.assign(result, message.figures)
  })
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, minutes * 60_000)
  await once(child, 'close')
  clearTimeout(timer)

  if (phase === 'end') return result
  const isFull = /heap out of memory|Array buffer allocation failed/.test(said)
  const why = isLate ? `took more than ${minutes} minutes` : isFull ? 'out of heap' : undefined
  if (!why) throw new Error(`${plan.name} at ${plan.size}, ${phase}:\n${said}`)
  return { ...result, failure: `${why} in phase ${phase}, with ${result.reached ?? 0} sessions` }
}

function sizeOf(text) {
  const [, number, unit] = /^(\d+)([kM]?)$/.exec(text) ?? []
  if (!number) throw new Error(`--sizes: ${text} is no size`)
  return Number(number) * { '': 1, k: 1000, M: 1_000_000 }[unit]
}

function shown(number, digits, unit = '') {
  return number === undefined ? '-' : `${number.toFixed(digits)}${unit}`
}

function latency(figures) {
  if (!figures) return '-'
  return [figures.p50, figures.p99, figures.p999].map((number) => number.toFixed(0)).join('/')
}
