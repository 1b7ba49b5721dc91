import { createHash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { bench, do_not_optimize as use, run } from 'mitata'
import { otherCookies } from './load/browser.mjs'
import { writeReport } from './measure/report-file.mjs'
import { aligned } from './measure/table.mjs'
import { sessionData } from './server/scenarios.mjs'

const help = `What each call into the native library takes, beside the part of express-session that
does the same.

node benchmark/boundary.mjs [options]
  --only text    the calls whose names have this in them
  --json file    writes the results there`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const require = createRequire(import.meta.url)
// What express-session uses may be another version than what is at hand here.
const requireTheirs = createRequire(require.resolve('express-session'))
const native = require('../lib/native.js')
const session = require('express-session')
const parts = {
  cookie: requireTheirs('cookie'),
  signature: requireTheirs('cookie-signature'),
  uid: requireTheirs('uid-safe').sync
}

const secret = 'a secret of at least thirty-two characters'
const id = randomBytes(24).toString('base64url')
const value = `s:${parts.signature.sign(id, secret)}`
const header = `${otherCookies}; connect.sid=${encodeURIComponent(value)}`
const expires = new Date(Date.now() + 86_400_000)
const attributes = { path: '/', httpOnly: true, expires }
const cookie = new session.Cookie({ maxAge: 86_400_000 })
const data = { cookie, ...sessionData(350) }
const text = JSON.stringify(data)
const dataText = JSON.stringify(sessionData(350))
const numbers = new ArrayBuffer(32)
const theirStore = new session.MemoryStore()
const withoutCookie = (key, member) => (key === 'cookie' ? undefined : member)

function set(store) {
  const [maxAge, time] = [86_400_000, expires.getTime()]
  return native.memorySet(store, id, dataText, 0, maxAge, time, NaN, 1, Date.now())
}

/** By the name of the native function. `theirs` does what comes of it, in express-session's way. */
const calls = {
  readCookie: {
    ours: (keyring) => native.readCookie(keyring, header, 'connect.sid'),
    theirs() {
      const parsed = parts.cookie.parse(header)['connect.sid']
      return parts.signature.unsign(parsed.slice(2), secret)
    }
  },
  memoryOpen: {
    ours: (keyring, store, reader) => native.memoryOpen(reader, header, Date.now(), numbers),
    theirs() {
      const parsed = parts.cookie.parse(header)['connect.sid']
      return theirStore.sessions[parts.signature.unsign(parsed.slice(2), secret)]
    }
  },
  verifyValue: {
    ours: (keyring) => native.verifyValue(keyring, value),
    theirs: () => parts.signature.unsign(value.slice(2), secret)
  },
  signValue: {
    ours: (keyring) => native.signValue(keyring, id),
    theirs: () => `s:${parts.signature.sign(id, secret)}`
  },
  serializeCookie: {
    ours: () =>
      native.serializeCookie(
        'connect.sid',
        value,
        false,
        1,
        expires.toUTCString(),
        '/',
        null,
        null
      ),
    theirs: () => parts.cookie.serialize('connect.sid', value, attributes)
  },
  generateIds: {
    ours: () => native.generateIds(1),
    theirs: () => parts.uid(24)
  },
  memorySet: {
    ours: (keyring, store) => set(store),
    theirs: () => void (theirStore.sessions[id] = text)
  },
  memoryText: {
    ours: (keyring, store) => native.memoryText(store, id, Date.now()),
    theirs: () => theirStore.sessions[id]
  },
  memoryRead: {
    ours: (keyring, store) => native.memoryRead(store, id, Date.now(), numbers),
    theirs: () => theirStore.sessions[id]
  },
  memoryTouch: {
    ours: (keyring, store) =>
      native.memoryTouch(store, id, 0, 86_400_000, expires.getTime(), NaN, Date.now()),
    theirs() {
      const stored = JSON.parse(theirStore.sessions[id])
      stored.cookie = cookie
      theirStore.sessions[id] = JSON.stringify(stored)
    }
  },
  memoryHas: {
    ours: (keyring, store) => native.memoryHas(store, id, Date.now()),
    theirs: () => id in theirStore.sessions
  },
  memoryLength: {
    ours: (keyring, store) => native.memoryLength(store, Date.now())
  },
  memoryStats: {
    ours: (keyring, store) => native.memoryStats(store)
  },
  memoryDestroy: {
    ours: (keyring, store) => native.memoryDestroy(store, 'absent', Date.now()),
    theirs: () => delete theirStore.sessions.absent
  }
}

/** What stays in JavaScript, for comparison. */
const inJavaScript = {
  'stringify a session': () => JSON.stringify(data),
  'parse a session': () => JSON.parse(text),
  "express-session's change hash": () =>
    createHash('sha1').update(JSON.stringify(data, withoutCookie), 'utf8').digest('hex')
}

/** Made once, and not of interest. */
const setUp = new Set(['createKeyring', 'createMemoryReader', 'lifecycle', 'openMemoryStore'])

if (options.help) console.log(help)
else await main()

async function main() {
  const keyring = native.createKeyring([Buffer.from(secret)])
  const store = native.openMemoryStore(null, {})
  native.memoryIntern(store, '{"originalMaxAge":\n,"expires":\n,"httpOnly":true,"path":"/"}')
  set(store)
  const reader = native.createMemoryReader(store, keyring, 'connect.sid')
  theirStore.sessions[id] = text

  const has = (name) => name.includes(options.only)
  const known = Object.keys(calls).filter((name) => has(name) && native[name])
  for (const name of known) {
    const { ours, theirs } = calls[name]
    bench(`${name}/ours`, () => use(ours(keyring, store, reader)))
    if (theirs) bench(`${name}/theirs`, () => use(theirs()))
  }
  for (const [name, work] of Object.entries(inJavaScript)) {
    if (has(name)) bench(`${name}/js`, () => use(work()))
  }
  const { benchmarks } = await run({ format: 'quiet', throw: true })
  report(new Map(benchmarks.map(({ alias, runs }) => [alias, runs[0].stats])))

  const isMeasured = (name) => Object.hasOwn(calls, name) || setUp.has(name)
  const functions = Object.keys(native).filter((name) => typeof native[name] === 'function')
  const missing = functions.filter((name) => !isMeasured(name))
  if (missing.length > 0) console.log(`\nNot measured here: ${missing.join(', ')}`)
}

function report(stats) {
  const rows = [['', 'ours', '(least)', 'express-session', '(least)']]
  const results = []
  for (const name of new Set([...stats.keys()].map((alias) => alias.split('/')[0]))) {
    const [ours, theirs] = [stats.get(`${name}/ours`), stats.get(`${name}/theirs`)]
    const alone = stats.get(`${name}/js`)
    rows.push([name, ...times(ours), ...times(theirs ?? alone)])
    results.push({ name, ours: figures(ours), theirs: figures(theirs), alone: figures(alone) })
  }
  console.log(aligned(rows).join('\n'))
  const json = { kind: 'boundary', node: process.version, unit: 'ns', results }
  if (options.json) writeReport(options.json, json)
}

function figures(stats) {
  return stats && { median: stats.p50, least: stats.min, p99: stats.p99 }
}

function times(stats) {
  return stats ? [`${stats.p50.toFixed(0)} ns`, `${stats.min.toFixed(0)} ns`] : ['', '']
}
