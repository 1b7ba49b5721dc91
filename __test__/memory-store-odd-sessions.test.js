'use strict'

const assert = require('node:assert/strict')
const http = require('node:http')
const { test } = require('node:test')
const genuine = require('express-session')
const ours = require('..')
const { cookieHeader, SECRET } = require('./parity/signature')
const { ask } = require('./support/store-promises')

// Regressions: what is put into a MemoryStore, and a store that is closed while requests are handled.

const SESSIONS = {
  'an array': (cookie) => Object.assign([1], { cookie }),
  'a boxed number': (cookie) => Object.assign(new Number(5), { cookie }),
  'a boxed boolean': (cookie) => Object.assign(new Boolean(true), { cookie }),
  'an object whose cookie is not enumerable': (cookie) =>
    Object.defineProperty({ user: 1 }, 'cookie', { value: cookie }),
  'an object that inherits a session': (cookie) => Object.create({ cookie, user: 1 }),
  'an object whose class has the cookie': (cookie) =>
    new (class {
      get cookie() {
        return cookie
      }
    })()
}

for (const [name, make] of Object.entries(SESSIONS)) {
  test(`${name} is stored with the JSON that express-session stores`, () => {
    const [theirs, mine] = [genuine, ours].map((session) => {
      const store = new session.MemoryStore()
      store.set('a', make(new session.Cookie()))
      return store.sessions.a
    })
    assert.equal(mine, theirs)
  })
}

for (const text of ['0', 'false', '""', '', '5', 'not JSON', 'null']) {
  test(`a text that cannot be read as a session counts as with express-session: ${text}`, async () => {
    const [theirs, mine] = [genuine, ours].map(async (session) => {
      const store = new session.MemoryStore()
      store.set('a', { cookie: new session.Cookie() })
      store.sessions.b = text
      try {
        return await new Promise((resolve) => store.length((...args) => resolve(args)))
      } catch (error) {
        return error.name
      }
    })
    assert.deepEqual(await mine, await theirs)
  })
}

test('half a surrogate pair in a text that is stored by hand is kept as an escape sequence', () => {
  const store = new ours.MemoryStore()
  store.sessions.a = '{"cookie":{},"user":"\ud800-😀"}'
  assert.equal(JSON.parse(store.sessions.a).user, '\ud800-😀')
})

test('what is assigned to an heir of store.sessions is no session', () => {
  const store = new ours.MemoryStore()
  const heir = Object.create(store.sessions)
  heir.a = 'b'
  assert.deepEqual([heir.a, store.sessions.a], ['b', undefined])
  assert.throws(() => Object.freeze(store.sessions), TypeError)
  assert.throws(() => Object.defineProperty(store.sessions, 'a', { get: () => 'b' }), TypeError)
  assert.deepEqual(Object.keys(store.sessions), [])
})

for (const value of [undefined, null, 0, false, '', NaN]) {
  test(`${value || typeof value} that is assigned to store.sessions[sid] is no session`, async () => {
    for (const session of [genuine, ours]) {
      const store = new session.MemoryStore()
      store.sessions.a = value
      const found = await new Promise((resolve) => store.get('a', (...args) => resolve(args)))
      assert.equal(found[1], undefined)
      const all = await new Promise((resolve) => store.all((...args) => resolve(args)))
      assert.deepEqual(Object.keys(all[1]), [])
    }
  })
}

test('a function is not stored, like anything without JSON', () => {
  const store = new ours.MemoryStore()
  store.set(
    'a',
    Object.assign(() => {}, { cookie: new ours.Cookie() })
  )
  assert.equal(store.sessions.a, undefined)
})

test('a closed store says so to the callbacks of set and touch', async () => {
  const store = new ours.MemoryStore()
  await store.close()
  const session = { cookie: new ours.Cookie(), user: 1 }
  for (const method of ['set', 'touch']) {
    const error = await new Promise((resolve) => store[method]('a', session, resolve))
    assert.equal(error?.code, 'ERR_SESSION_STORE_CLOSED', method)
  }
})

for (const [name, holds] of Object.entries({ 'a new session': false, 'a stored session': true })) {
  test(`a response with ${name} ends although its store was closed meanwhile`, async (t) => {
    const store = new ours.MemoryStore()
    const cookie = new ours.Cookie({ sameSite: 'lax' })
    if (holds) await new Promise((resolve) => store.set('id', { cookie, user: 'ada' }, resolve))
    const options = { secret: SECRET, resave: false, saveUninitialized: false, store }
    const middleware = ours(options)
    const errors = []
    const server = http.createServer((req, res) => {
      let isFirst = true
      middleware(req, res, (error) => {
        if (error) errors.push(error.code)
        if (!isFirst) return
        isFirst = false
        store.close()
        req.session.views = 1
        res.end(`${req.session.user} ${req.session.cookie.sameSite}`)
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/`, {
      headers: { cookie: cookieHeader('id') },
      signal: AbortSignal.timeout(10_000)
    })
    assert.equal(await answer.text(), holds ? 'ada lax' : 'undefined undefined')
    await new Promise(setImmediate)
    assert.deepEqual(errors, ['ERR_SESSION_STORE_CLOSED'])
  })
}

for (const [what, change] of Object.entries({
  'maxAge of null': (cookie) => (cookie.maxAge = null),
  'maxAge of 5': (cookie) => (cookie.maxAge = 5),
  data: (cookie) => (cookie.data = 'x'),
  _expires: (cookie) => (cookie._expires = '2001-01-01T00:00:00.000Z'),
  'an unknown member': (cookie) => (cookie.foo = 'bar'),
  'a domain after the path': (cookie) => (cookie.domain = 'example.com'),
  'no path': (cookie) => delete cookie.path
})) {
  test(`a cookie that get returned, with ${what}, is stored as express-session does`, async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const found = []
    for (const { Cookie, MemoryStore, Session } of [genuine, ours]) {
      const store = new MemoryStore()
      await ask(store, 'set', 'sid', { cookie: new Cookie({ maxAge: 7200_000 }), n: 1 })
      const held = await ask(store, 'get', 'sid')
      change(held.cookie)
      await ask(store, 'set', 'sid', held)
      const req = { sessionID: 'sid', sessionStore: store }
      const made = store.createSession(req, await ask(store, 'get', 'sid'))
      assert.ok(made instanceof Session)
      const text = store.sessions.sid.replaceAll(/"20[^"]*Z"/g, 'a date')
      found.push([text, Object.keys(made.cookie), made.cookie.originalMaxAge, made.cookie.httpOnly])
      found.push(Math.round((made.cookie.expires - Date.now()) / 10_000))
    }
    assert.deepStrictEqual(found.slice(2), found.slice(0, 2))
  })
}
