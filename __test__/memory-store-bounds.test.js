'use strict'

const assert = require('node:assert')
const { test } = require('node:test')
const session = require('..')
const { engine } = require('./support/engine')
const { cookieOf, request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')

const { Cookie, MemoryStore } = session

const data = (more) => ({ cookie: new Cookie({ maxAge: 60_000 }), ...more })
const held = (store) => Object.keys(store.sessions).join('')
const protect = ({ user }) => Boolean(user)

test('guests go first, then others, then who is protected, each by last use', async () => {
  const store = new MemoryStore({ maxSessions: 4, protect })
  await ask(store, 'set', 'u', data({ user: 'tobi' }))
  await ask(store, 'set', 'o', data({ cart: 1 }))
  await ask(store, 'set', 'g', data())
  await ask(store, 'set', 'h', data())
  await ask(store, 'get', 'g')
  const left = []
  for (const sid of 'vwxyz') {
    await ask(store, 'set', sid, data({ user: sid }))
    left.push(held(store))
  }
  assert.deepStrictEqual(left, ['uogv', 'uovw', 'uvwx', 'vwxy', 'wxyz'])
  assert.strictEqual(store.stats().evictions, 5)
})

test('an event tells who had to go, and why', async () => {
  const store = new MemoryStore({ maxSessions: 1, protect })
  const events = []
  store.on('evict', (...args) => events.push(args))
  await ask(store, 'set', 'u', data({ user: 'tobi' }))
  await ask(store, 'set', 'v', data({ user: 'loki' }))
  await ask(store, 'set', 'w', data())
  await new Promise(setImmediate)
  assert.deepStrictEqual(events, [
    ['u', { class: 'protected', reason: 'maxSessions' }],
    ['v', { class: 'protected', reason: 'maxSessions' }]
  ])
})

test('a session that is not protected any more at its last save may go', async () => {
  const store = new MemoryStore({ maxSessions: 2, protect })
  await ask(store, 'set', 'u', data({ user: 'tobi' }))
  await ask(store, 'set', 'v', data({ user: 'loki' }))
  await ask(store, 'set', 'v', data({ theme: 'dark' }))
  await ask(store, 'set', 'w', data({ user: 'jane' }))
  assert.strictEqual(held(store), 'uw')
})

test("onFull: 'reject' refuses new sessions and keeps the others", async () => {
  const store = new MemoryStore({ maxSessions: 1, onFull: 'reject' })
  await ask(store, 'set', 'a', data())
  await assert.rejects(ask(store, 'set', 'b', data()), {
    code: 'ERR_SESSION_STORE_FULL',
    message: 'the session store is full: maxSessions is 1'
  })
  await ask(store, 'set', 'a', data({ n: 1 }))
  await ask(store, 'touch', 'a', data())
  assert.strictEqual(held(store), 'a')
  assert.strictEqual(store.stats().refusals, 1)
  await ask(store, 'destroy', 'a')
  await ask(store, 'set', 'b', data())
})

test("onFull: 'spare' lets all go but those that are protected", async () => {
  const store = new MemoryStore({ maxSessions: 2, onFull: 'spare', protect })
  await ask(store, 'set', 'g', data())
  await ask(store, 'set', 'u', data({ user: 'tobi' }))
  await ask(store, 'set', 'v', data({ user: 'loki' }))
  assert.strictEqual(held(store), 'uv')
  await assert.rejects(ask(store, 'set', 'w', data({ user: 'jane' })), {
    code: 'ERR_SESSION_STORE_FULL'
  })
})

test('a refusal comes later and not in the same turn, like every answer', () => {
  const store = new MemoryStore({ maxSessions: 1, onFull: 'reject' })
  store.set('a', data())
  let answer
  store.set('b', data(), (error) => (answer = error))
  assert.strictEqual(answer, undefined)
})

test('maxBytes bounds what sessions take, and one that is too large is refused', async () => {
  const store = new MemoryStore({ maxBytes: 500_000 })
  const filler = 'x'.repeat(2000)
  for (let n = 0; n < 1000; n++) await ask(store, 'set', `sid${n}`, data({ filler }))
  const { bytes, sessions } = store.stats()
  assert.ok(bytes <= 500_000 && bytes > 450_000, `${bytes} bytes`)
  assert.ok(sessions > 150 && sessions < 250, `${sessions} sessions`)
  assert.ok(store.sessions.sid999)
  const large = data({ filler: 'x'.repeat(1_000_000) })
  await assert.rejects(ask(store, 'set', 'large', large), { code: 'ERR_SESSION_STORE_FULL' })
  assert.strictEqual(store.stats().sessions, sessions)
})

test('a request whose session is refused is answered, and the error handler told', async () => {
  const store = new MemoryStore({ maxSessions: 1, onFull: 'reject' })
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const errors = []
  const handler = (req, res) =>
    middleware(req, res, (error) => (error ? errors.push(error.code) : res.end('ok')))
  await serving(handler, async (port) => {
    const cookie = cookieOf(await request(port))
    assert.strictEqual((await request(port)).body, 'ok')
    const deadline = Date.now() + 20_000
    while (errors.length === 0 && Date.now() < deadline) await new Promise(setImmediate)
    assert.deepStrictEqual(errors, ['ERR_SESSION_STORE_FULL'])
    await request(port, { cookie })
    await new Promise(setImmediate)
    assert.strictEqual(errors.length, 1)
  })
})

for (const [what, options] of Object.entries({
  "onFull: 'reject'": { maxSessions: 1, onFull: 'reject' },
  "onFull: 'spare'": { maxSessions: 1, onFull: 'spare', protect: () => true },
  maxBytes: { maxBytes: 300_000 },
  ...(engine === 'native' && {
    'a named store': { name: 'refusing', maxSessions: 1, onFull: 'reject' }
  })
})) {
  test(`${what}: the response ends at once, saved or refused, and the error comes after it`, async (t) => {
    const store = new MemoryStore(options)
    t.after(() => store.close())
    const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
    const happened = []
    const handler = (req, res) =>
      middleware(req, res, (error) => {
        if (error) return happened.push(error.code)
        if (req.url === '/large') req.session.filler = 'x'.repeat(400_000)
        res.end(req.sessionID)
        // A store that is waited for would have the end wait too.
        happened.push(res.writableEnded ? 'ended' : 'waiting')
      })
    await serving(handler, async (port) => {
      const first = await request(port)
      const cookie = cookieOf(first)
      assert.strictEqual((await request(port, { cookie })).body, first.body)
      await new Promise(setImmediate)
      assert.deepStrictEqual(happened.splice(0), ['ended', 'ended'])
      const refused = await request(port, { path: '/large' })
      assert.strictEqual(refused.status, 200)
      assert.ok(cookieOf(refused))
      const deadline = Date.now() + 20_000
      while (happened.length < 2 && Date.now() < deadline) await new Promise(setImmediate)
      assert.deepStrictEqual(happened, ['ended', 'ERR_SESSION_STORE_FULL'])
      assert.strictEqual(held(store), first.body)
      assert.strictEqual((await request(port, { cookie })).body, first.body)
    })
  })
}

test('a touch that has to write the session anew may be refused like a save', async () => {
  const store = new MemoryStore({ maxBytes: 300_000, onFull: 'reject' })
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const happened = []
  let grows = false
  const handler = (req, res) =>
    middleware(req, res, (error) => {
      if (error) return happened.push(error.code)
      if (grows) req.session.cookie.path = `/${'x'.repeat(400_000)}`
      res.end(req.sessionID)
      happened.push(res.writableEnded ? 'ended' : 'waiting')
    })
  await serving(handler, async (port) => {
    const first = await request(port)
    // An expiry that only JavaScript can judge.
    store.sessions[first.body] = '{"cookie":{"expires":"tomorrow"}}'
    grows = true
    await request(port, { cookie: cookieOf(first) })
    const deadline = Date.now() + 20_000
    while (happened.length < 3 && Date.now() < deadline) await new Promise(setImmediate)
    assert.deepStrictEqual(happened, ['ended', 'ended', 'ERR_SESSION_STORE_FULL'])
  })
})

test('a bounded store behind the middleware evicts, and nobody notices but the guest', async () => {
  const store = new MemoryStore({ maxSessions: 2, protect })
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const handler = (req, res) =>
    middleware(req, res, () => {
      if (req.url === '/login') req.session.user = 'tobi'
      res.end(String(req.session.user))
    })
  await serving(handler, async (port) => {
    const cookie = cookieOf(await request(port, { path: '/login' }))
    for (let n = 0; n < 10; n++) await request(port)
    assert.strictEqual((await request(port, { cookie })).body, 'tobi')
  })
  assert.strictEqual(store.stats().evictions, 9)
})

for (const onFull of ['evict', 'spare', 'reject']) {
  test(`what get returns can be saved and touched in a full store: ${onFull}`, async () => {
    const store = new MemoryStore({ maxBytes: 200_000, onFull, protect })
    const ids = []
    for (let n = 0; n < 2000; n++) {
      const sid = `sid${n}`
      const { bytes } = store.stats()
      if (bytes > 199_000) break
      await ask(store, 'set', sid, data({ user: 'tobi' }))
      ids.push(sid)
    }
    const before = store.stats()
    for (const sid of ids) {
      const found = await ask(store, 'get', sid)
      assert.strictEqual(typeof found.cookie.expires, 'string')
      await ask(store, 'touch', sid, found)
      await ask(store, 'set', sid, found)
      assert.deepStrictEqual(await ask(store, 'get', sid), found)
    }
    assert.deepStrictEqual(
      [store.stats().bytes, store.stats().sessions, store.stats().evictions],
      [before.bytes, before.sessions, before.evictions]
    )
  })
}

test('cookies with ever other attributes do not fill a store', async () => {
  const store = new MemoryStore({ maxBytes: 300_000 })
  for (let n = 0; n < 3000; n++) {
    const cookie = new Cookie({ maxAge: 60_000, domain: `${'tenant'.repeat(20)}${n}.example` })
    await ask(store, 'set', `sid${n}`, { cookie })
    await ask(store, 'destroy', `sid${n}`)
  }
  assert.ok(store.stats().bytes < 30_000, `${store.stats().bytes} bytes of an empty store`)
  for (let n = 0; n < 100; n++) await ask(store, 'set', `user${n}`, data({ n }))
  assert.strictEqual(store.stats().sessions, 100)
})
