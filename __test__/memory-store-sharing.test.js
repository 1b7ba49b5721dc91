'use strict'

const assert = require('node:assert')
const { once } = require('node:events')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')
const session = require('..')
const { ask, next } = require('./support/store-promises')
const { nativeOnly } = require('./support/engine')

const { MemoryStore } = session

/** Runs code in another thread, with `store`, `MemoryStore` and `ask`, and gives what it returns. */
async function inThread(name, code) {
  const worker = new Worker(
    `
    const { parentPort } = require('node:worker_threads')
    const { promisify } = require('node:util')
    const { MemoryStore, Cookie } = require(${JSON.stringify(require.resolve('..'))})
    const ask = (store, method, ...args) => promisify(store[method]).call(store, ...args)
    const store = new MemoryStore({ name: ${JSON.stringify(name)} })
    ;(async () => { ${code} })().then((result) => parentPort.postMessage(result))
    `,
    { eval: true }
  )
  const [[result]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  return result
}

test('threads that open a store by its name have the same sessions', nativeOnly, async () => {
  const store = new MemoryStore({ name: 'same' })
  await ask(store, 'set', 'main', { n: 1 })
  const seen = await inThread(
    'same',
    `await ask(store, 'set', 'worker', { n: 2 })
     await ask(store, 'touch', 'main', { cookie: { path: '/x' } })
     return ask(store, 'all')`
  )
  assert.deepStrictEqual({ ...seen }, { main: { n: 1, cookie: { path: '/x' } }, worker: { n: 2 } })
  assert.deepStrictEqual(await ask(store, 'get', 'worker'), { n: 2 })
  assert.strictEqual(await ask(store, 'length'), 2)
  await store.close()
})

test('stores without a name, or of another one, are stores of their own', nativeOnly, async () => {
  const [a, b, c] = [
    new MemoryStore({ name: 'a' }),
    new MemoryStore({ name: 'b' }),
    new MemoryStore()
  ]
  await ask(a, 'set', 'sid', {})
  assert.deepStrictEqual([await ask(b, 'length'), await ask(c, 'length')], [0, 0])
  await Promise.all([a.close(), b.close()])
})

test('a named store is freed when the last one closes it', nativeOnly, async () => {
  const first = new MemoryStore({ name: 'freed' })
  const second = new MemoryStore({ name: 'freed' })
  await ask(first, 'set', 'sid', {})
  await first.close()
  assert.strictEqual(await ask(second, 'length'), 1)
  await second.close()
  const third = new MemoryStore({ name: 'freed' })
  assert.strictEqual(await ask(third, 'length'), 0)
  await third.close()
})

test('a thread that ends has closed its store', nativeOnly, async () => {
  await inThread('ended', `await ask(store, 'set', 'sid', {})`)
  const store = new MemoryStore({ name: 'ended' })
  assert.strictEqual(await ask(store, 'length'), 0)
  await store.close()
})

test('a store cannot be opened with other options than it has', nativeOnly, async () => {
  const store = new MemoryStore({ name: 'options', maxSessions: 10 })
  assert.throws(() => new MemoryStore({ name: 'options', maxSessions: 20 }), {
    code: 'ERR_SESSION_STORE_OPTIONS',
    message: 'the store "options" is open with other options'
  })
  await new MemoryStore({ name: 'options', maxSessions: 10 }).close()
  await new MemoryStore({ name: 'options', protect: () => true }).close()
  await store.close()
})

test(
  'what other threads do is told, and so are texts that are written by hand',
  nativeOnly,
  async () => {
    const store = new MemoryStore({ name: 'events' })
    const created = next(store, 'create')
    await inThread(
      'events',
      `store.sessions.odd = '{"cookie":{"expires":"Thu, 01 Jan 1970 00:00:00 GMT"}}'`
    )
    assert.deepStrictEqual(await created, ['odd', {}])
    assert.strictEqual(await ask(store, 'get', 'odd'), undefined)
    await store.close()
  }
)

test('a touch is not left out because this thread has changed nothing', nativeOnly, async () => {
  const store = new MemoryStore({ name: 'touches' })
  const cookie = { path: '/' }
  await ask(store, 'set', 'sid', { cookie })
  const { sessionsBehind } = require('../lib/memory/view')
  const sessions = sessionsBehind(store.sessions)
  const read = sessions.read('sid')
  await inThread('touches', `await ask(store, 'touch', 'sid', { cookie: { path: '/other' } })`)
  sessions.touch('sid', { cookie }, read)
  assert.deepStrictEqual(await ask(store, 'get', 'sid'), { cookie })
  await store.close()
})

test('many threads at once count to what they count together', nativeOnly, async () => {
  const store = new MemoryStore({ name: 'many' })
  const threads = Array.from({ length: 4 }, (_, thread) =>
    inThread(
      'many',
      `for (let n = 0; n < 2000; n++) {
         store.set('${thread}:' + n, { n })
         if (n % 2) store.destroy('${thread}:' + n)
       }`
    )
  )
  await Promise.all(threads)
  assert.strictEqual(await ask(store, 'length'), 4000)
  await store.close()
})

test('a closed store says so, to whoever asks and to the middleware', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', 'sid', {})
  await ask(store, 'close')
  await store.close()
  const closed = { code: 'ERR_SESSION_STORE_CLOSED', message: 'the session store is closed' }
  for (const [method, ...args] of [
    ['get', 'sid'],
    ['set', 'sid', {}],
    ['touch', 'sid', {}],
    ['destroy', 'sid'],
    ['all'],
    ['length'],
    ['clear']
  ]) {
    await assert.rejects(ask(store, method, ...args), closed, method)
  }
  assert.throws(() => store.stats(), closed)
  store.on('create', () => {})
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const req = { url: '/', headers: {}, sessionID: undefined }
  const cookie = `connect.sid=${encodeURIComponent('s:' + require('cookie-signature').sign('sid', 's'))}`
  req.headers.cookie = cookie
  const error = await new Promise((resolve) => middleware(req, {}, resolve))
  assert.strictEqual(error.code, closed.code)
})
