import { createHmac } from 'node:crypto'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { Clients, cookieHeader } from '../inprocess/exchange.mjs'
import { median } from '../measure/summary.mjs'
import { listeners } from '../server/frameworks.mjs'
import { scenarios } from '../server/scenarios.mjs'
import { secret, signedCookie } from '../server/subjects.mjs'
import { idOf, picker, sessionOf } from './sessions.mjs'
import { longestStall } from './stall-meter.mjs'

/** What is done to a store of a given size. Each gives figures, in the units its names say. */

/** Calls of a store in one turn of the event loop. */
const burst = 16
const operations = 20_000
/** How many sessions expire in bulk, at most, and within what time. */
const mostExpiring = 1_000_000
const expireWithinMs = 3000

/** Puts sessions into the store at full speed. `onProgress` is told how many there are. */
export async function create({ store, Cookie, size }, onProgress) {
  const before = process.hrtime.bigint()
  const stallMs = await longestStall(() =>
    setMany(store, size, (n) => sessionOf(Cookie, n), onProgress)
  )
  const seconds = Number(process.hrtime.bigint() - before) / 1e9
  return { createPerSecond: size / seconds, createStallMs: stallMs }
}

/** What a session takes, and for how long a full collection of garbage stops everything. */
export function memory({ size }, before) {
  const start = process.hrtime.bigint()
  globalThis.gc()
  const collectionMs = Number(process.hrtime.bigint() - start) / 1e6
  const { rss, heapUsed } = process.memoryUsage()
  return {
    collectionMs,
    heapMegabytes: heapUsed / 2 ** 20,
    residentMegabytes: rss / 2 ** 20,
    heapPerSession: (heapUsed - before.heapUsed) / size,
    residentPerSession: (rss - before.rss) / size
  }
}

/** What the sessions cost a request, as in `inprocess.mjs`, on `http`. */
export async function requests({ session, store, size }) {
  const options = { secret, store, ...scenarios['read-maxage'].options }
  const taxes = {}
  for (const name of ['read-maxage', 'modify']) {
    const { act } = scenarios[name]
    const none = new Clients(await listeners.http({ act: (req, answer) => answer('ada') }))
    const some = new Clients(await listeners.http({ session: session(options), act }))
    const pick = picker(size)
    const cookieOf = () => cookieHeader(signedCookie(idOf(pick()), createHmac))
    const { body } = await some.ask('/', cookieOf())
    if (body !== '{"user":"ada"}') throw new Error(`The application answers ${body}`)
    taxes[`${name}Tax`] = await taxOf(none, some, cookieOf)
  }
  return taxes
}

async function taxOf(none, some, cookieOf) {
  const count = 1024
  const taxes = []
  for (let round = 0; round < 14; round++) {
    const cookies = Array.from({ length: count }, cookieOf)
    const without = await cpuOf(() => none.askOften(count, (n) => cookies[n]))
    const withSession = await cpuOf(() => some.askOften(count, (n) => cookies[n]))
    // In the first ones the code is not yet compiled.
    if (round >= 4) taxes.push((withSession - without) / count)
  }
  return median(taxes)
}

async function cpuOf(work) {
  await turn()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** From the call of a store's method to its callback, one after the other, in microseconds. */
export async function latencies({ store, Cookie, size }) {
  const pick = picker(size)
  const calls = {
    get: (n, callback) => store.get(idOf(n), callback),
    set: (n, callback) => store.set(idOf(n), sessionOf(Cookie, n), callback),
    touch: (n, callback) => store.touch(idOf(n), sessionOf(Cookie, n), callback)
  }
  const figures = {}
  for (const [name, call] of Object.entries(calls)) {
    const times = new Float64Array(operations)
    for (let n = -operations / 4; n < operations; n++) {
      const start = performance.now()
      await new Promise((resolve) => call(pick(), resolve))
      if (n >= 0) times[n] = (performance.now() - start) * 1000
    }
    times.sort()
    const quantile = (share) => times[Math.floor(share * (operations - 1))]
    figures[name] = { p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) }
  }
  return figures
}

/**
 * Has many sessions expire within a few seconds, and watches while others, the first ones, are asked
 * for: an expired one that is asked for is freed by that.
 */
export async function expire({ store, Cookie, size, prune, createPerSecond, watchSeconds }) {
  const count = Math.min(size, mostExpiring)
  const setting = (count / createPerSecond) * 1500
  const from = Date.now() + setting + 2000
  const expiresOf = (n) => new Date(from + (n % expireWithinMs))
  await setMany(store, count, (n) => sessionOf(Cookie, n, n < burst ? undefined : expiresOf(n)))
  const isLate = Date.now() > from

  await sleep(Math.max(0, from - 500 - Date.now()))
  const until = from + expireWithinMs + watchSeconds * 1000
  let toPrune = prune
  const stallMs = await longestStall(async () => {
    while (Date.now() < until) {
      for (let n = 0; n < burst; n++) store.get(idOf(n), ignore)
      if (toPrune && Date.now() > from + expireWithinMs) {
        toPrune(store)
        toPrune = undefined
      }
      await turn()
    }
  })
  globalThis.gc()
  const resident = process.memoryUsage().rss / 2 ** 20
  return {
    expired: count - burst,
    isLate,
    expireStallMs: stallMs,
    residentMegabytesAfterwards: resident
  }
}

/** Counting the sessions. */
export async function length({ store }) {
  const start = performance.now()
  const count = await new Promise((resolve, reject) => {
    store.length((error, found) => (error ? reject(error) : resolve(found)))
  })
  return { length: count, lengthMs: performance.now() - start }
}

async function setMany(store, count, make, onProgress) {
  const tenth = Math.ceil(count / 10)
  for (let n = 0; n < count;) {
    const end = Math.min(n + burst, count)
    for (; n < end; n++) {
      store.set(idOf(n), make(n), ignore)
      if (n % tenth === 0) onProgress?.(n)
    }
    await turn()
  }
}

function ignore() {}
