'use strict'

// Test runners load a package into a realm of its own. Errors have to be instances of that realm's
// classes, as with express-session, or `toThrow(TypeError)` fails in an application's tests.

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { makeRequest } = require('./parity/exchange')
const { cookieHeader } = require('./parity/signature')
const { makeRealm } = require('./support/realm')
const { cookieOf, request, serving } = require('./support/server')
const { engine } = require('./support/engine')

const ENTRIES = {
  'express-session': require.resolve('express-session'),
  ours: require.resolve('..')
}

const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: true }

/** What a call throws, or gives to its callback. */
function failureOf(call) {
  return new Promise((resolve) => {
    try {
      call((error) => resolve(error))
    } catch (error) {
      resolve(error)
    }
  })
}

/** Sends a request through a middleware, and gives what its `next` got, or what was thrown. */
function errorOfRequest(middleware, act = () => {}) {
  const handler = (calls) => (req, res) =>
    middleware(req, res, (error) => {
      if (error) calls.push(error)
      if (error || calls.handled) return
      calls.handled = true
      try {
        act(req)
        res.end()
      } catch (failure) {
        calls.push(failure)
        res.destroy()
      }
    })
  return new Promise((resolve, reject) => {
    const calls = []
    serving(handler(calls), async (port) => {
      await request(port).catch(() => {})
      await new Promise(setImmediate)
      resolve(calls[0])
    }).catch(reject)
  })
}

// Failures that express-session has, too.
const FAILURES = {
  'an option of a wrong kind': [
    'TypeError',
    (session) => failureOf(() => session({ ...OPTIONS, genid: 'x' }))
  ],
  'an unset option that is none': [
    'TypeError',
    (session) => failureOf(() => session({ ...OPTIONS, unset: 'x' }))
  ],
  'no secrets': ['TypeError', (session) => failureOf(() => session({ ...OPTIONS, secret: [] }))],
  'a request without a secret': [
    'Error',
    (session) =>
      failureOf((done) => session({ ...OPTIONS, secret: undefined })(makeRequest({}), {}, done))
  ],
  'options of a cookie that are no object': [
    'TypeError',
    ({ Cookie }) => failureOf(() => new Cookie('x'))
  ],
  'a maxAge of a wrong kind': [
    'TypeError',
    ({ Cookie }) => failureOf(() => new Cookie({ maxAge: 'x' }))
  ],
  'a stored session without a cookie': [
    'TypeError',
    ({ MemoryStore }) => failureOf(() => new MemoryStore().createSession({}, {}))
  ],
  'a session that is not there': [
    'Error',
    async (session) => {
      const store = new session.MemoryStore()
      const req = makeRequest({})
      await new Promise((resolve) => session({ ...OPTIONS, store })(req, {}, resolve))
      return failureOf((done) => req.session.reload(done))
    }
  ],
  'data that are no JSON': [
    'TypeError',
    ({ MemoryStore }) => {
      const held = { cookie: {} }
      held.self = held
      return failureOf(() => new MemoryStore().set('sid', held))
    }
  ],
  'text that is no JSON': [
    'SyntaxError',
    ({ MemoryStore }) => {
      const store = new MemoryStore()
      store.sessions.sid = '{'
      return failureOf((done) => store.get('sid', done))
    }
  ],
  'a name that no cookie can have': [
    'TypeError',
    (session) => errorOfRequest(session({ ...OPTIONS, name: 'a b' }))
  ],
  'a path that no cookie can have': [
    'TypeError',
    (session) =>
      errorOfRequest(session(OPTIONS), (req) => {
        req.session.cookie.path = '/\n'
      })
  ],
  'a sameSite that no cookie can have': [
    'TypeError',
    (session) =>
      errorOfRequest(session(OPTIONS), (req) => {
        req.session.cookie.sameSite = 'x'
      })
  ],
  'an expiry that is none': [
    'TypeError',
    (session) =>
      errorOfRequest(session(OPTIONS), (req) => {
        req.session.cookie.expires = 'x'
      })
  ],
  'an id that cannot be encoded': [
    'URIError',
    (session) => errorOfRequest(session({ ...OPTIONS, genid: () => '\ud800' }))
  ],
  'an id that cannot be encoded, serialized by hand': [
    'URIError',
    ({ Cookie }) => failureOf(() => new Cookie().serialize('name', '\ud800'))
  ]
}

// Failures that express-session does not have.
const OWN_FAILURES = {
  'a full store': [
    'Error',
    async ({ MemoryStore }) => {
      const store = new MemoryStore({ maxSessions: 1, onFull: 'reject' })
      store.set('a', { cookie: {} })
      return failureOf((done) => store.set('b', { cookie: {} }, done))
    }
  ],
  'a store that is full for a request': [
    'Error',
    (session) => {
      const store = new session.MemoryStore({ maxBytes: 1, onFull: 'reject' })
      return errorOfRequest(session({ ...OPTIONS, store }))
    }
  ],
  'a closed store': [
    'Error',
    async ({ MemoryStore }) => {
      const store = new MemoryStore()
      await store.close()
      return failureOf((done) => store.get('a', done))
    }
  ],
  'an option of a store': [
    'TypeError',
    ({ MemoryStore }) => failureOf(() => new MemoryStore({ maxSessions: 'x' }))
  ],
  'options of a store that are no object': [
    'TypeError',
    ({ MemoryStore }) => failureOf(() => new MemoryStore('x'))
  ],
  'a name that is open with other options': [
    'Error',
    ({ MemoryStore }) => {
      if (engine === 'wasm') return failureOf(() => new MemoryStore({ name: 'any' }))
      const name = `realm ${Math.random()}`
      const first = new MemoryStore({ name, maxSessions: 5 })
      const failure = failureOf(() => new MemoryStore({ name, maxSessions: 6 }))
      first.close()
      return failure
    }
  ],
  'a page of a size that is none': [
    'TypeError',
    async ({ MemoryStore }) => {
      try {
        await new MemoryStore().entries({ pageSize: 0 }).next()
      } catch (error) {
        return error
      }
    }
  ],
  'a ttl function that returns no number': [
    'Error',
    ({ MemoryStore }) => {
      const store = new MemoryStore({ ttl: () => 'x' })
      return failureOf((done) => store.set('a', { cookie: {} }, done))
    }
  ]
}

for (const withBytes of [false, true]) {
  const like = withBytes ? 'like Jest’s' : 'of its own'
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const failures = name === 'ours' ? { ...FAILURES, ...OWN_FAILURES } : FAILURES

    describe(`${name} in a realm ${like}`, () => {
      const realm = makeRealm({ withBytes })

      test('loads with bare names of Node’s modules alone, all that Jest 26 knows', () => {
        const older = makeRealm({ withBytes, withPrefix: false })
        assert.equal(typeof older.load(entry), 'function')
        assert.ok(older.asked.has('crypto'))
      })

      for (const [sentence, [expected, act]] of Object.entries(failures)) {
        test(`has its errors from that realm: ${sentence}`, async () => {
          const error = await act(realm.load(entry))
          assert.ok(error, 'there is an error')
          assert.equal(error.name, expected)
          const { Error: RealmError, [expected]: RealmClass } = realm.evaluate(
            `({ Error, ${expected} })`
          )
          assert.ok(error instanceof RealmClass && error instanceof RealmError)
          assert.ok(!(error instanceof Error), 'it is not from outside')
        })
      }

      test('has the same sessions, request after request', async () => {
        const session = realm.load(entry)
        const middleware = session({ ...OPTIONS, cookie: { maxAge: 60_000 } })
        const handler = (req, res) =>
          middleware(req, res, () => {
            req.session.views = (req.session.views ?? 0) + 1
            req.session.at = realm.evaluate('new Date(0)')
            res.end(JSON.stringify([req.session.views, req.session.cookie.originalMaxAge]))
          })
        await serving(handler, async (port) => {
          const first = await request(port)
          const second = await request(port, { cookie: cookieOf(first) })
          const third = await request(port, { cookie: cookieOf(first) })
          const views = [first, second, third].map(({ body }) => JSON.parse(body)[0])
          assert.deepEqual(views, [1, 2, 3])
        })
      })

      test('makes sessions and data of that realm', async () => {
        const session = realm.load(entry)
        const store = new session.MemoryStore()
        const held = { cookie: new session.Cookie(), list: [{}] }
        await new Promise((resolve) => store.set('known', held, resolve))
        const req = makeRequest({ headers: { cookie: cookieHeader('known') } })
        await new Promise((resolve) => session({ ...OPTIONS, store })(req, {}, resolve))
        const { Array: RealmArray, Object: RealmObject } = realm.evaluate('({ Array, Object })')
        assert.ok(req.session instanceof session.Session && req.session instanceof RealmObject)
        assert.ok(req.session.list instanceof RealmArray)
        assert.ok(req.session.list[0] instanceof RealmObject)
        assert.ok(req.session.cookie instanceof session.Cookie)
      })

      test('has sessions expire by the clock of that realm', async () => {
        const session = realm.load(entry)
        const store = new session.MemoryStore()
        const held = { cookie: new session.Cookie({ maxAge: 60_000 }) }
        await new Promise((resolve) => store.set('known', held, resolve))
        const get = () => new Promise((resolve) => store.get('known', (_, data) => resolve(data)))
        assert.ok(await get())
        realm.evaluate('globalThis.realNow = Date.now; Date.now = () => realNow() + 61_000')
        try {
          assert.equal(await get(), undefined)
        } finally {
          realm.evaluate('Date.now = realNow')
        }
      })

      test('works with a store and a middleware from before its modules were reset', async () => {
        const before = realm.load(entry)
        const store = new before.MemoryStore()
        realm.reset()
        const after = realm.load(entry)
        assert.notEqual(after, before)
        for (const [make, Store] of [
          [before, after.MemoryStore],
          [after, before.MemoryStore],
          [after, undefined]
        ]) {
          const middleware = make({ ...OPTIONS, store: Store ? new Store() : store })
          const handler = (req, res) =>
            middleware(req, res, () => {
              req.session.views = (req.session.views ?? 0) + 1
              res.end(String(req.session.views))
            })
          await serving(handler, async (port) => {
            const first = await request(port)
            assert.equal((await request(port, { cookie: cookieOf(first) })).body, '2')
          })
        }
      })
    })
  }
}
