'use strict'

const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { setTimeout } = require('node:timers/promises')
const { inspect, promisify } = require('node:util')
const session = require('..')
const { cookieOf, request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')
const { engine, nativeOnly } = require('./support/engine')

const { Cookie, MemoryStore } = session
const OPTIONS = { secret: 'secret', resave: false, saveUninitialized: true }

const data = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })

test('an expired session is not returned, listed or counted', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', 'expired', data(-1))
  await ask(store, 'set', 'live', data(60_000))
  await ask(store, 'set', 'forever', data(null))
  assert.strictEqual(await ask(store, 'get', 'expired'), undefined)
  assert.deepStrictEqual(Object.keys(await ask(store, 'all')), ['live', 'forever'])
  assert.strictEqual(await ask(store, 'length'), 2)
})

test('expiry is judged by Date.now() at the time of the call', async (t) => {
  const store = new MemoryStore()
  await ask(store, 'set', 'sid', data(60_000))
  const now = Date.now()
  t.mock.method(Date, 'now', () => now + 120_000)
  assert.strictEqual(await ask(store, 'get', 'sid'), undefined)
})

test('a session with data that get lost is made at once, and no other', async () => {
  const store = new MemoryStore()
  const middleware = session({ ...OPTIONS, saveUninitialized: false, store })
  const handler = (req, res) =>
    middleware(req, res, () => {
      const isUnread = Object.getOwnPropertyDescriptor(req, 'session').get !== undefined
      if (req.url !== '/') req.session.user = 'ada'
      if (req.url === '/lost') req.session.toString = 'lost'
      res.end(`${isUnread}`)
    })
  await serving(handler, async (port) => {
    const plain = cookieOf(await request(port, { path: '/plain' }))
    const lost = cookieOf(await request(port, { path: '/lost' }))
    assert.strictEqual((await request(port, { cookie: plain })).body, 'true')
    assert.strictEqual((await request(port, { cookie: lost })).body, 'false')
    assert.strictEqual((await request(port, { cookie: plain })).body, 'true')
    // Without what got lost it is saved as any other.
    assert.strictEqual((await request(port, { cookie: lost })).body, 'true')
  })
})

for (const expires of ['Thu, 01 Jan 1970 00:00:00 GMT', 1, true, [1]]) {
  test(`an expiry that JSON has no date for is judged like a date: ${inspect(expires)}`, async () => {
    const store = new MemoryStore()
    await ask(store, 'set', 'sid', { cookie: { expires } })
    assert.strictEqual(await ask(store, 'get', 'sid'), undefined)
    assert.strictEqual(await ask(store, 'length'), 0)
    const inAYear = new Date(Date.now() + 3e10).toUTCString()
    await ask(store, 'set', 'sid', { cookie: { expires: inAYear } })
    assert.deepStrictEqual(await ask(store, 'get', 'sid'), { cookie: { expires: inAYear } })
  })
}

test('a touch stores the cookie and nothing else of the session', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', 'sid', data(1000, { kept: { cookie: 1 } }))
  const cookie = new Cookie({ maxAge: 60_000 })
  await ask(store, 'touch', 'sid', { cookie, added: true })
  const found = await ask(store, 'get', 'sid')
  assert.deepStrictEqual(found, { cookie: JSON.parse(JSON.stringify(cookie)), kept: { cookie: 1 } })
})

test('a touch of a session without a cookie adds it, and one without a cookie removes it', async () => {
  const store = new MemoryStore()
  await ask(store, 'set', 'sid', { n: 1 })
  await ask(store, 'touch', 'sid', { cookie: { path: '/' } })
  assert.deepStrictEqual(await ask(store, 'get', 'sid'), { n: 1, cookie: { path: '/' } })
  await ask(store, 'touch', 'sid', {})
  assert.deepStrictEqual(await ask(store, 'get', 'sid'), { n: 1 })
})

test('a touch does not bring back a session that is gone', async () => {
  const store = new MemoryStore()
  await ask(store, 'touch', 'sid', data(1000))
  assert.strictEqual(await ask(store, 'length'), 0)
})

test('sessions is a view that reads, writes, lists and deletes', () => {
  const { sessions } = new MemoryStore()
  sessions.b = '{"n":1}'
  sessions[2] = '{"n":2}'
  sessions['__proto__'] = '{"n":3}'
  assert.strictEqual(sessions.b, '{"n":1}')
  assert.strictEqual(sessions.absent, undefined)
  assert.deepStrictEqual(Object.keys(sessions), ['2', 'b', '__proto__'])
  assert.deepStrictEqual(Object.values(sessions), ['{"n":2}', '{"n":1}', '{"n":3}'])
  assert.ok('b' in sessions && Object.hasOwn(sessions, 'b') && !('toString' in sessions))
  assert.strictEqual(Object.getPrototypeOf(sessions), null)
  assert.deepStrictEqual(JSON.parse(JSON.stringify({ ...sessions, __proto__: null })).b, '{"n":1}')
  assert.match(inspect(sessions), /b: '{"n":1}'/)
  delete sessions.b
  assert.strictEqual(sessions.b, undefined)
  assert.deepStrictEqual(Object.keys(sessions), ['2', '__proto__'])
})

test('a session that expires while the view is listed can still be read, as in express-session', (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  for (const name of engine === 'native' ? [undefined, 'listed'] : [undefined]) {
    const store = new MemoryStore({ name })
    store.set('a', data(1000))
    store.set('b', data(1000))
    const { sessions } = store
    const ids = Object.keys(sessions)
    t.mock.timers.tick(1000)
    assert.ok('a' in sessions)
    delete sessions.b
    const texts = ids.map((sid) => sessions[sid])
    assert.strictEqual(JSON.parse(texts[0]).cookie.originalMaxAge, 1000)
    assert.strictEqual(texts[1], undefined)
    sessions.a = '{"changed":true}'
    assert.strictEqual(sessions.a, '{"changed":true}')
    assert.deepStrictEqual(Object.keys(sessions), ['a'])
    store.clear()
    assert.strictEqual(sessions.a, undefined)
    store.close()
  }
})

test('the view shows what becomes of sessions after they were listed', (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const store = new MemoryStore({ maxSessions: 3 })
  const { sessions } = store
  for (const sid of ['a', 'b', 'c']) store.set(sid, data(sid === 'a' ? 60_000 : 1000))
  assert.deepStrictEqual(Object.keys(sessions), ['a', 'b', 'c'])
  // Evicts the first one.
  store.set('d', data(60_000))
  assert.ok(!('a' in sessions))
  assert.strictEqual(sessions.a, undefined)
  // A nested loop still reads what the outer one has listed.
  t.mock.timers.tick(1000)
  assert.deepStrictEqual(Object.keys(sessions), ['d'])
  assert.ok(JSON.parse(sessions.b))
  // As in express-session, asking for it removes it.
  store.get('b', () => {})
  assert.strictEqual(sessions.b, undefined)
  assert.ok(JSON.parse(sessions.c))
  store.all(() => {})
  assert.strictEqual(sessions.c, undefined)
})

test('what another handle does is seen in the view after it was listed', nativeOnly, () => {
  const [store, other] = [1, 2].map(() => new MemoryStore({ name: 'view' }))
  for (const sid of ['a', 'b']) store.set(sid, data(60_000))
  assert.deepStrictEqual(Object.keys(store.sessions), ['a', 'b'])
  other.destroy('a')
  other.sessions.b = '{"n":1}'
  assert.deepStrictEqual([store.sessions.a, store.sessions.b], [undefined, '{"n":1}'])
  store.close()
  other.close()
})

test('a session that a ttl ends cannot be read after it was listed', (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const store = new MemoryStore({ ttl: 1000 })
  store.set('a', { cookie: new Cookie() })
  assert.deepStrictEqual(Object.keys(store.sessions), ['a'])
  t.mock.timers.tick(1000)
  assert.strictEqual(store.sessions.a, undefined)
})

test('what is put into the view is found by the methods, and the other way round', async () => {
  const store = new MemoryStore()
  store.sessions.sid = JSON.stringify(data(60_000, { user: 'tobi' }))
  assert.strictEqual((await ask(store, 'get', 'sid')).user, 'tobi')
  await ask(store, 'set', 'other', { n: 1 })
  assert.strictEqual(store.sessions.other, '{"n":1}')
  await ask(store, 'clear')
  assert.deepStrictEqual(Object.keys(store.sessions), [])
})

test('text in the view that is no JSON fails in get, as it does in express-session', () => {
  const store = new MemoryStore()
  store.sessions.sid = 'garbage'
  assert.throws(() => store.get('sid', () => {}), SyntaxError)
})

test('a plain object in place of the view is used from then on', async () => {
  const store = new MemoryStore()
  store.sessions = { sid: '{"n":1}' }
  assert.deepStrictEqual(await ask(store, 'get', 'sid'), { n: 1 })
  await ask(store, 'set', 'other', { n: 2 })
  assert.strictEqual(store.sessions.other, '{"n":2}')
  await ask(store, 'touch', 'other', { cookie: 1 })
  assert.strictEqual(store.sessions.other, '{"n":2,"cookie":1}')
  assert.strictEqual(await ask(store, 'length'), 2)
  await ask(store, 'destroy', 'sid')
  assert.deepStrictEqual(Object.keys(store.sessions), ['other'])
})

test('ids of every kind find their sessions', async () => {
  const store = new MemoryStore()
  const ids = ['', 'é', '\u{1F600}', '\uD800', '\uD801', '\0', 'x'.repeat(10_000), '1', undefined]
  for (const [n, sid] of ids.entries()) await ask(store, 'set', sid, { n })
  for (const [n, sid] of ids.entries()) assert.deepStrictEqual(await ask(store, 'get', sid), { n })
  assert.strictEqual(await ask(store, 'length'), ids.length)
  assert.strictEqual(Object.keys(store.sessions).length, ids.length)
})

/** Serves a counter and counts how often the patched method was called. */
async function countedCalls(store, method) {
  let calls = 0
  const original = store[method]
  store[method] = function (...args) {
    calls++
    return original.apply(this, args)
  }
  return { calls: () => calls, ...(await served(store)) }
}

async function served(store) {
  const middleware = session({ ...OPTIONS, store })
  const bodies = []
  const handler = (req, res) =>
    middleware(req, res, () => {
      if (req.url === '/count') req.session.n = (req.session.n || 0) + 1
      res.end(String(req.session.n))
    })
  await serving(handler, async (port) => {
    const cookie = cookieOf(await request(port, { path: '/count' }))
    bodies.push((await request(port, { path: '/count', cookie })).body)
    bodies.push((await request(port, { cookie })).body)
  })
  return { bodies }
}

for (const [method, expected] of Object.entries({ get: 2, set: 2, touch: 1 })) {
  test(`a ${method} that was put on the instance is called`, async () => {
    const { bodies, calls } = await countedCalls(new MemoryStore(), method)
    assert.deepStrictEqual([bodies, calls()], [['2', '2'], expected])
  })
}

test('methods of a subclass are called', async () => {
  const calls = []
  class Noting extends MemoryStore {
    get(...args) {
      calls.push('get')
      super.get(...args)
    }
    set(...args) {
      calls.push('set')
      super.set(...args)
    }
  }
  assert.deepStrictEqual((await served(new Noting())).bodies, ['2', '2'])
  assert.deepStrictEqual(calls, ['set', 'get', 'set', 'get'])
})

test('a save that was put on the session is called', async () => {
  const store = new MemoryStore()
  const middleware = session({ ...OPTIONS, store })
  let saves = 0
  const handler = (req, res) =>
    middleware(req, res, () => {
      const { save } = req.session
      req.session.save = function (...args) {
        saves++
        return save.apply(this, args)
      }
      res.end()
    })
  await serving(handler, (port) => request(port))
  assert.strictEqual(saves, 1)
  assert.strictEqual(await ask(store, 'length'), 1)
})

test('sessions take memory outside of the JavaScript heap, and give it back on clear', async () => {
  const script = `
    const { MemoryStore } = require(${JSON.stringify(join(__dirname, '..'))})
    const store = new MemoryStore()
    const heap = () => (gc(), process.memoryUsage().heapUsed)
    const before = heap()
    const text = JSON.stringify({ filler: 'x'.repeat(1000) })
    for (let n = 0; n < 20000; n++) store.set('sid' + n, { n, text })
    const grown = heap() - before
    store.length((error, length) => console.log(JSON.stringify({ grown, length })))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '-e', script])
  const { grown, length } = JSON.parse(stdout)
  assert.strictEqual(length, 20_000)
  assert.ok(grown < 2_000_000, `the heap has grown by ${grown} bytes for 20 MB of sessions`)
})

test('a process ends although its store holds sessions that will expire', async () => {
  const script = `
    const { MemoryStore, Cookie } = require(${JSON.stringify(join(__dirname, '..'))})
    new MemoryStore().set('sid', { cookie: new Cookie({ maxAge: 60000 }) })
    console.log('set')
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
    timeout: 20_000
  })
  assert.strictEqual(stdout, 'set\n')
})

test('expired sessions are freed although they are not asked for', async (t) => {
  const store = new MemoryStore()
  const now = Date.now()
  const still = t.mock.method(Date, 'now', () => now)
  for (let n = 0; n < 100; n++) store.set(`sid${n}`, data(1))
  still.mock.restore()
  assert.strictEqual(store.stats().sessions, 100)
  const deadline = Date.now() + 10_000
  while (store.stats().sessions > 0 && Date.now() < deadline) await setTimeout(50)
  assert.strictEqual(store.stats().sessions, 0)
})
