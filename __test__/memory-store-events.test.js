'use strict'

const assert = require('node:assert')
const { AsyncLocalStorage } = require('node:async_hooks')
const { execFile } = require('node:child_process')
const { once } = require('node:events')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { Worker } = require('node:worker_threads')
const session = require('..')
const { cookieOf, request, serving } = require('./support/server')
const { ask, next } = require('./support/store-promises')
const { nativeOnly } = require('./support/engine')

const { Cookie, MemoryStore } = session

const data = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })
/** On a busy machine, events come in several turns. */
const turn = async () => {
  for (let n = 0; n < 10; n++) await new Promise(setImmediate)
}

test('events tell what becomes of sessions, in its order, and not in the same turn', async (t) => {
  const store = new MemoryStore()
  const events = []
  for (const name of ['create', 'update', 'destroy', 'expire', 'evict']) {
    store.on(name, (...args) => events.push([name, ...args]))
  }
  store.set('a', data(1000))
  store.set('a', data(1000, { n: 1 }))
  store.touch('a', data(1000))
  store.set('b', data(60_000))
  store.destroy('b')
  store.destroy('absent')
  const now = Date.now()
  const clock = t.mock.method(Date, 'now', () => now + 1000)
  store.get('a', () => {})
  clock.mock.restore()
  assert.deepStrictEqual(events, [])
  await turn()
  assert.deepStrictEqual(events, [
    ['create', 'a', {}],
    ['update', 'a', {}],
    ['create', 'b', {}],
    ['destroy', 'b', {}],
    ['expire', 'a', {}]
  ])
})

test('data come along where they are asked for', async () => {
  const store = new MemoryStore({ eventData: true })
  const events = []
  for (const name of ['create', 'destroy']) {
    store.on(name, (sid, { session: held }) => events.push([name, sid, held]))
  }
  store.set('a', { n: 1 })
  store.sessions.b = 'no JSON'
  delete store.sessions.b
  store.destroy('a')
  await turn()
  assert.deepStrictEqual(events, [
    ['create', 'a', { n: 1 }],
    ['create', 'b', undefined],
    ['destroy', 'b', undefined],
    ['destroy', 'a', { n: 1 }]
  ])
})

test('nothing that happened before or after there were listeners is told', async () => {
  const store = new MemoryStore()
  const seen = []
  const listener = (sid) => seen.push(sid)
  store.set('before', {})
  store.on('create', listener)
  store.set('while', {})
  await turn()
  store.off('create', listener)
  store.set('after', {})
  await turn()
  store.once('create', listener)
  store.set('once', {})
  store.set('twice', {})
  await turn()
  store.prependListener('create', listener)
  store.set('prepended', {})
  await turn()
  store.removeAllListeners('create')
  store.set('alone', {})
  await turn()
  assert.deepStrictEqual(seen, ['while', 'once', 'prepended'])
})

test('events can be waited for', async () => {
  const store = new MemoryStore()
  const waiting = once(store, 'create')
  store.set('sid', {})
  assert.deepStrictEqual(await waiting, ['sid', {}])
})

test('an application that uses no events sees no listeners that it has not added', () => {
  assert.deepStrictEqual(new MemoryStore().eventNames(), [])
})

test('many events come in several turns, all of them and in order', async () => {
  const store = new MemoryStore()
  const seen = []
  let turns = 0
  store.on('create', (sid) => {
    const end = performance.now() + 0.02
    while (performance.now() < end);
    seen.push(Number(sid))
  })
  for (let n = 0; n < 1000; n++) store.set(`${n}`, {})
  while (seen.length < 1000 && turns < 1000) {
    await turn()
    turns++
  }
  assert.deepStrictEqual(
    seen,
    Array.from({ length: 1000 }, (_, n) => n)
  )
  assert.ok(turns > 1, 'all in one turn')
})

test('a listener that throws does not keep events from others', async () => {
  const script = `
    const { MemoryStore } = require(${JSON.stringify(require.resolve('..'))})
    const store = new MemoryStore()
    const seen = []
    process.on('uncaughtException', (error) => seen.push(error.message))
    store.on('create', (sid) => {
      if (sid === 'a') throw new Error('of a listener')
      seen.push(sid)
    })
    store.set('a', {})
    store.set('b', {})
    process.on('exit', () => console.log(seen.join()))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
  assert.strictEqual(stdout, 'of a listener,b\n')
})

test('sessions that the store’s thread finds expired are told too', nativeOnly, async (t) => {
  const store = new MemoryStore()
  const now = Date.now()
  const clock = t.mock.method(Date, 'now', () => now)
  store.set('sid', data(1))
  clock.mock.restore()
  const [sid] = await next(store, 'expire')
  assert.strictEqual(sid, 'sid')
  assert.ok(store.stats().sweeps.count >= 1)
})

test('looking at sessions counts as use only where a session is read', async () => {
  const store = new MemoryStore({ maxSessions: 3 })
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1000))
  await ask(store, 'all')
  assert.deepStrictEqual(Object.keys(store.sessions), ['a', 'b', 'c'])
  for (const sid in store.sessions) assert.ok(JSON.parse(store.sessions[sid]).cookie)
  assert.ok('a' in store.sessions)
  assert.ok(JSON.stringify(store.sessions).includes('cookie'))
  assert.ok(Object.entries({ ...store.sessions }).length)
  assert.deepStrictEqual([store.stats().hits, store.stats().misses], [0, 0])
  await ask(store, 'set', 'd', data(1000))
  assert.deepStrictEqual(Object.keys(store.sessions), ['b', 'c', 'd'])
})

test('a request counts as one use of its session, or as one miss', async () => {
  const store = new MemoryStore()
  const options = { secret: 's', resave: false, saveUninitialized: true, store }
  const middleware = session({ ...options, genid: (req) => req.url.slice(1) })
  const handler = (req, res) => middleware(req, res, () => res.end(String(req.session.user)))
  await serving(handler, async (port) => {
    const cookies = {}
    for (const sid of ['parts', 'whole', 'gone']) {
      cookies[sid] = cookieOf(await request(port, { path: `/${sid}` }))
    }
    store.sessions.whole = `{"user":"tobi",${store.sessions.whole.slice(1)}`
    await ask(store, 'destroy', 'gone')
    const counts = []
    for (const sid of ['parts', 'whole', 'gone']) {
      const before = store.stats()
      await request(port, { cookie: cookies[sid], path: '/other' })
      const { hits, misses } = store.stats()
      counts.push([sid, hits - before.hits, misses - before.misses])
    }
    assert.deepStrictEqual(counts, [
      ['parts', 1, 0],
      ['whole', 1, 0],
      ['gone', 0, 1]
    ])
  })
})

test('events that a listener is too slow for are dropped, counted and told', async () => {
  const store = new MemoryStore({ eventData: true })
  const seen = []
  store.on('update', () => seen.push('update'))
  store.on('overflow', ({ dropped }) => seen.push(dropped))
  const held = data(1000, { text: 'x'.repeat(2 ** 20) })
  for (let n = 0; n <= 100; n++) store.set('a', held)
  const { bytes, dropped, queued } = store.stats().events
  assert.ok(queued > 20 && queued < 33 && bytes <= 2 ** 25, `${queued} events, ${bytes} bytes`)
  assert.strictEqual(queued + dropped, 100)
  const end = Date.now() + 10_000
  while (!seen.includes(dropped) && Date.now() < end) await new Promise(setImmediate)
  while (seen.length <= queued && Date.now() < end) await new Promise(setImmediate)
  assert.strictEqual(seen.filter((name) => name === 'update').length, queued)
  assert.strictEqual(seen.filter((name) => name === dropped).length, 1)
  assert.deepStrictEqual(store.stats().events, { queued: 0, bytes: 0, dropped })
  store.set('a', held)
  await next(store, 'update')
  assert.strictEqual(seen.length, queued + 2)
})

test('a listener may close the store, and the events so far are still emitted', async () => {
  const store = new MemoryStore()
  const seen = []
  store.on('create', (sid) => {
    seen.push(sid)
    store.close()
  })
  for (let n = 0; n < 600; n++) store.set(`${n}`, data(1000))
  const end = Date.now() + 5000
  while (seen.length < 600 && Date.now() < end) await turn()
  assert.deepStrictEqual(
    seen,
    Array.from({ length: 600 }, (_, n) => `${n}`)
  )
})

test('events that come while a slow listener holds up others are emitted, too', async () => {
  const store = new MemoryStore()
  const seen = []
  store.on('create', (sid) => {
    seen.push(sid)
    const end = performance.now() + 5
    while (performance.now() < end);
    // Still in the same turn, and before the rest of the batch.
    if (sid === 'a') setImmediate(() => store.set('c', data(1000)))
  })
  store.set('a', data(1000))
  store.set('b', data(1000))
  const end = Date.now() + 5000
  while (seen.length < 3 && Date.now() < end) await turn()
  assert.deepStrictEqual(seen, ['a', 'b', 'c'])
})

test('no event of another thread gets stuck', nativeOnly, async () => {
  const store = new MemoryStore({ name: 'no event gets stuck' })
  let count = 0
  store.on('update', () => count++)
  store.set('a', data(60_000))
  const program = `
    const { parentPort } = require('node:worker_threads')
    const { Cookie, MemoryStore } = require(${JSON.stringify(require.resolve('..'))})
    const store = new MemoryStore({ name: 'no event gets stuck' })
    const held = { cookie: new Cookie({ maxAge: 60000 }) }
    let rounds = 0
    const fill = () => {
      for (let n = 0; n < 300; n++) store.set('a', held)
      if (++rounds < 200) setImmediate(fill)
      else parentPort.postMessage('done')
    }
    fill()`
  const worker = new Worker(program, { eval: true })
  await once(worker, 'message')
  const end = Date.now() + 10_000
  const left = () => 60_000 - count - store.stats().events.dropped
  while (left() > 0 && Date.now() < end) await turn()
  assert.strictEqual(left(), 0)
  await worker.terminate()
})

test('dropped events are a single warning if overflow has no listener', async () => {
  const script = `
    const { Cookie, MemoryStore } = require(${JSON.stringify(require.resolve('..'))})
    const store = new MemoryStore({ eventData: true })
    store.on('create', () => {})
    store.on('update', () => {})
    const held = { cookie: new Cookie(), text: 'x'.repeat(2 ** 20) }
    const fill = (rounds) => {
      for (let n = 0; n < 50; n++) store.set('a', held)
      if (rounds > 0) setTimeout(fill, 200, rounds - 1)
    }
    fill(2)`
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', script])
  assert.match(stderr, /SESSION_STORE_OVERFLOW.*MemoryStore: \d+ events were dropped/)
  assert.strictEqual(stderr.split('SESSION_STORE_OVERFLOW').length, 2)
})

test('listeners run in the async context in which the first was added', async () => {
  const storage = new AsyncLocalStorage()
  const store = new MemoryStore()
  const seen = []
  storage.run('set up', () => store.on('create', () => seen.push(storage.getStore())))
  for (const user of ['a', 'b']) storage.run(user, () => store.set(user, data(1000)))
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.deepStrictEqual(seen, ['set up', 'set up'])
})

test('figures count what is asked for and what goes', async (t) => {
  const store = new MemoryStore({ maxSessions: 2 })
  const before = store.stats()
  assert.deepStrictEqual(
    { ...before, bytes: 0 },
    {
      sessions: 0,
      bytes: 0,
      hits: 0,
      misses: 0,
      expirations: 0,
      evictions: 0,
      refusals: 0,
      droppedSaves: 0,
      events: { queued: 0, bytes: 0, dropped: 0 },
      sweeps: { count: 0, last: 0, longest: 0 }
    }
  )
  for (const sid of ['a', 'b', 'c']) await ask(store, 'set', sid, data(1000))
  await ask(store, 'get', 'c')
  await ask(store, 'get', 'a')
  const { evictions, hits, misses, sessions, bytes } = store.stats()
  assert.deepStrictEqual([sessions, hits, misses, evictions], [2, 1, 1, 1])
  assert.ok(bytes > before.bytes + 200)
  const now = Date.now()
  t.mock.method(Date, 'now', () => now + 1000)
  await ask(store, 'length')
  assert.strictEqual(store.stats().expirations, 2)
})

test('listeners that are added through a proxy or an heir of the store hear its events', async () => {
  const proxy = (store) => new Proxy(store, {})
  const heir = (store) => Object.create(store)
  for (const wrapping of [
    proxy,
    heir,
    (store) => proxy(heir(store)),
    (store) => heir(proxy(store))
  ]) {
    const store = new MemoryStore()
    const wrapped = wrapping(store)
    const wrap = () => wrapped
    const heard = []
    // The middleware adds listeners for the connection.
    session({ secret: 's', resave: false, saveUninitialized: false, store: wrap(store) })
    wrap(store).on('create', (sid) => heard.push(`wrapped ${sid}`))
    store.on('create', (sid) => heard.push(sid))
    store.on('destroy', (sid) => heard.push(`destroyed ${sid}`))
    await ask(store, 'set', 'a', data(1000))
    await ask(store, 'destroy', 'a')
    await turn()
    await turn()
    assert.deepStrictEqual(heard, ['wrapped a', 'a', 'destroyed a'])
  }
})
