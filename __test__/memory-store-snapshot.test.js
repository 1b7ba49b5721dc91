'use strict'

const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const session = require('..')
const { ask } = require('./support/store-promises')

const { Cookie, MemoryStore } = session

const data = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })

/** A path in a folder that is gone after the test. */
function file(t) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'sessions-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  return join(folder, 'sessions.bin')
}

test('sessions survive closing and opening, in their order and with their expiry', async (t) => {
  const snapshot = file(t)
  const store = new MemoryStore({ snapshot })
  await ask(store, 'set', '\uD800 é', data(null, { text: '\u{1F600}' }))
  await ask(store, 'set', 'expiring', data(60_000))
  store.sessions.odd = '{ "by": "hand" }'
  const before = { ...store.sessions }
  await store.close()

  const again = new MemoryStore({ snapshot })
  assert.deepStrictEqual(Object.entries(again.sessions), Object.entries(before))
  const now = Date.now()
  const clock = t.mock.method(Date, 'now', () => now + 60_000)
  assert.strictEqual(await ask(again, 'get', 'expiring'), undefined)
  clock.mock.restore()
  await again.close()
})

test('who is protected is so after a restart', async (t) => {
  const snapshot = file(t)
  const options = { snapshot, maxSessions: 2, protect: ({ user }) => Boolean(user) }
  const store = new MemoryStore(options)
  await ask(store, 'set', 'user', data(null, { user: 1 }))
  await ask(store, 'set', 'other', data(null, { n: 1 }))
  await store.close()
  const again = new MemoryStore(options)
  await ask(again, 'set', 'new', data(null))
  assert.deepStrictEqual(Object.keys(again.sessions), ['user', 'new'])
  await again.close()
})

test(
  'a snapshot is readable by its owner only',
  { skip: process.platform === 'win32' },
  async (t) => {
    const snapshot = file(t)
    await new MemoryStore({ snapshot }).close()
    assert.strictEqual(fs.statSync(snapshot).mode & 0o777, 0o600)
  }
)

test('a file that is no snapshot is refused, and stays what it is', (t) => {
  const snapshot = file(t)
  fs.writeFileSync(snapshot, 'precious')
  assert.throws(() => new MemoryStore({ snapshot }), {
    code: 'ERR_SESSION_SNAPSHOT',
    message: `${snapshot} cannot be loaded: the file is not a snapshot of sessions`
  })
  assert.strictEqual(fs.readFileSync(snapshot, 'utf8'), 'precious')
})

test('a damaged snapshot is refused, or set aside where that is wanted', async (t) => {
  const path = file(t)
  const store = new MemoryStore({ snapshot: path })
  for (let n = 0; n < 1000; n++) store.set(`sid${n}`, data(60_000))
  await store.close()
  const bytes = fs.readFileSync(path)
  bytes[bytes.length - 50] ^= 1
  fs.writeFileSync(path, bytes)

  assert.throws(() => new MemoryStore({ snapshot: path }), { code: 'ERR_SESSION_SNAPSHOT' })
  const warned = once(process, 'warning')
  const again = new MemoryStore({ snapshot: { path, onDamaged: 'setAside' } })
  assert.match((await warned)[0].message, /sessions\.bin\.damaged-1$/)
  assert.strictEqual(await ask(again, 'length'), 0)
  assert.deepStrictEqual(fs.readFileSync(`${path}.damaged-1`), bytes)
  await again.close()
  await new MemoryStore({ snapshot: path }).close()
})

test('a snapshot that cannot be written is an error of close, and the store is closed', async (t) => {
  const store = new MemoryStore({ snapshot: join(file(t), 'absent', 'sessions.bin') })
  await assert.rejects(store.close(), { code: 'ERR_SESSION_SNAPSHOT' })
  await assert.rejects(ask(store, 'get', 'sid'), { code: 'ERR_SESSION_STORE_CLOSED' })
})

test('snapshots are written every so often, without anybody asking', async (t) => {
  const path = file(t)
  const store = new MemoryStore({ snapshot: { path, interval: 5 } })
  await ask(store, 'set', 'sid', data(60_000))
  const deadline = Date.now() + 20_000
  // The second one after the session was set has it for certain.
  while (store.stats().snapshots.count < 2 && Date.now() < deadline) await new Promise(setImmediate)
  const { count, error, failures } = store.stats().snapshots
  assert.ok(count >= 2)
  assert.deepStrictEqual([failures, error], [0, undefined])
  fs.copyFileSync(path, `${path}.copy`)
  await store.close()
  const copy = new MemoryStore({ snapshot: `${path}.copy` })
  assert.strictEqual(await ask(copy, 'length'), 1)
  await copy.close()
})

test('the last of several threads saves a named store, and opening it again loads it', async (t) => {
  const options = { name: 'saved', snapshot: file(t) }
  const [first, second] = [new MemoryStore(options), new MemoryStore(options)]
  await ask(first, 'set', 'sid', data(60_000))
  await first.close()
  assert.ok(!fs.existsSync(options.snapshot))
  await second.close()
  const third = new MemoryStore(options)
  assert.strictEqual(await ask(third, 'length'), 1)
  await third.close()
})

test(
  'closing on SIGTERM saves everything',
  { skip: process.platform === 'win32' && 'there is no SIGTERM' },
  async (t) => {
    const path = file(t)
    const script = `
    const { MemoryStore, Cookie } = require(${JSON.stringify(require.resolve('..'))})
    const store = new MemoryStore({ snapshot: process.argv[1] })
    for (let n = 0; n < 500; n++) store.set('sid' + n, { cookie: new Cookie({ maxAge: 3600000 }) })
    process.on('SIGTERM', () => store.close().then(() => process.exit()))
    process.kill(process.pid, 'SIGTERM')
    setInterval(() => {}, 1000)
  `
    await promisify(execFile)(process.execPath, ['-e', script, path], { timeout: 60_000 })
    const store = new MemoryStore({ snapshot: path })
    assert.strictEqual(await ask(store, 'length'), 500)
    await store.close()
  }
)
