import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { prepare } from '../scripts/prepare.mjs'

const help = `Mixed load on the memory store for a while, through its methods and through the
middleware, with everything on that is recommended. All that comes back is compared with what has to,
and memory has to stay what it is. Exit code 1 if anything is not as it has to be.

npm run soak -- [options]
  --seconds n   how long (180)
  --seed n      what is done is drawn from it; when things happen is not`

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    help: { type: 'boolean', default: false }
  }
})
const [seconds, seed] = [options.seconds, options.seed].map(Number)
/** What each store gets to do in a turn: calls of its methods, and requests. */
const [calls, requests] = [64, 16]
const restartEvery = 4
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

if (options.help) console.log(help)
else if (!(seconds >= 6) || !Number.isSafeInteger(seed))
  stop('--seconds from 6 on, --seed a number')
else {
  prepare()
  await main()
}

async function main() {
  const modules = ['findings', 'flatness', 'request-load', 'store-load', 'subject', 'waves']
  const imported = await Promise.all(modules.map((name) => import(`./soak/${name}.mjs`)))
  const { Findings, RequestLoad, StoreLoad, Subject, flatness, wavesOf } = Object.assign(
    {},
    ...imported
  )
  const { Random } = createRequire(import.meta.url)('../__test__/hardening/random.js')
  const random = new Random(seed)
  const waves = wavesOf(random)
  const findings = new Findings()
  const subjects = ['evict', 'spare', 'reject'].map((onFull) => new Subject(onFull, findings))
  const loads = subjects.flatMap((subject) => [
    { load: new StoreLoad(subject, random), count: calls },
    { load: new RequestLoad(subject, random), count: requests }
  ])

  console.log(`${seconds} s of seed ${seed}`)
  const interval = Math.min(5, seconds / 30) * 1000
  const samples = []
  const start = performance.now()
  const passed = () => performance.now() - start
  for (let round = 0; passed() < seconds * 1000 && !findings.any; round++) {
    const wave = waves[round % waves.length]
    const [began, before] = [performance.now(), sumOf(loads, ({ load }) => load.done)]
    while (performance.now() - began < interval && !findings.any) {
      await Promise.all(loads.map(({ load, count }) => load.work(wave, count)))
    }
    const done = sumOf(loads, ({ load }) => load.done) - before
    const perSecond = (done / (performance.now() - began)) * 1000
    const restarts = round % restartEvery === restartEvery - 1
    for (const subject of subjects) await subject.check(restarts)
    gc()
    const sample = process.memoryUsage()
    samples.push(sample)
    console.log(lineOf({ wave, subjects, sample, perSecond, passed: passed() }))
  }
  const took = Math.round(passed() / 1000)
  for (const { store } of subjects) await store.close()

  console.log(summaryOf({ loads, subjects, took }))
  if (findings.any) stop(`Not as it has to be:\n  ${findings.list.join('\n  ')}`)
  const { rss, heapUsed, bound, isFlat } = flatness(samples)
  console.log(
    `RSS after the warm-up ${megabytes(rss[0])}, at the end ${megabytes(rss[1])}, may grow by ` +
      `${megabytes(bound)}; heap ${megabytes(heapUsed[0])} and ${megabytes(heapUsed[1])}`
  )
  if (!isFlat) stop('RSS has grown')
  console.log('Nothing wrong')
}

function lineOf({ wave, subjects, sample, perSecond, passed }) {
  const stats = subjects.map(({ store }) => store.stats())
  return [
    `${String(Math.round(passed / 1000)).padStart(5)} s`,
    wave.name.padEnd(6),
    `sessions ${String(sumOf(stats, ({ sessions }) => sessions)).padStart(5)}`,
    `bytes ${megabytes(sumOf(stats, ({ bytes }) => bytes))}`,
    `RSS ${megabytes(sample.rss)}`,
    `heap ${megabytes(sample.heapUsed)}`,
    `${Math.round(perSecond)} ops/s`
  ].join('  ')
}

function summaryOf({ loads, subjects, took }) {
  const done = (Kind) =>
    sumOf(loads, ({ load }) => (load.constructor.name === Kind ? load.done : 0))
  const all = (name) => sumOf(subjects, (subject) => subject[name])
  const excess = Math.max(0, ...subjects.map((subject) => subject.excess))
  return (
    `${done('StoreLoad')} calls and ${done('RequestLoad')} requests in ${took} s, ` +
    `${megabytes(all('given'))} given to keep, ${all('events')} events, ${all('restarts')} restarts; ` +
    `maxBytes was exceeded by ${Math.ceil(excess / 1024)} KB at most`
  )
}

function sumOf(list, number) {
  return list.reduce((sum, item) => sum + number(item), 0)
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
