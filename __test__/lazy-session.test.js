'use strict'

// Regressions of the lazy `req.session`: what express-session does, side by side.

const assert = require('node:assert/strict')
const { ServerResponse } = require('node:http')
const { test } = require('node:test')
const genuine = require('express-session')
const ours = require('..')
const { makeRequest } = require('./parity/exchange')
const { cookieHeader, SECRET } = require('./parity/signature')

/** What `next` gets if the request is changed after the middleware was called and before the store answers. */
async function nextAfter(session, change) {
  const store = new session.MemoryStore()
  store.set('a', { cookie: new session.Cookie(), user: 1 })
  const middleware = session({ secret: SECRET, resave: false, saveUninitialized: false, store })
  const req = makeRequest({ headers: { cookie: cookieHeader('a') } })
  return new Promise((resolve) => {
    middleware(req, {}, (error) => resolve([error && `${error}`, req.session?.user]))
    change(req)
  })
}

for (const [name, change] of Object.entries({
  'a read-only session': (req) => Object.defineProperty(req, 'session', { value: { user: 2 } }),
  'a writable session': (req) => (req.session = { user: 2 }),
  'a session with a getter alone': (req) =>
    Object.defineProperty(req, 'session', { get: () => ({ user: 2 }) })
})) {
  test(`a request that is given ${name} while the store is asked fares as with express-session`, async () => {
    assert.deepEqual(await nextAfter(ours, change), await nextAfter(genuine, change))
  })
}

/** Serves one request for a stored session, or a new one, and gives what the store then holds. */
async function stored(session, { before, handle, isNew, custom }) {
  const store = new session.MemoryStore()
  custom?.(store)
  store.set('a', { cookie: new session.Cookie(), user: 1 })
  const options = { secret: SECRET, resave: false, saveUninitialized: true, store }
  const middleware = session(options)
  custom?.(store)
  const cookie = isNew ? undefined : cookieHeader('a')
  const req = makeRequest({ headers: cookie ? { cookie } : {} })
  const res = new ServerResponse(req)
  before?.()
  await new Promise((resolve) => middleware(req, res, resolve))
  handle(req)
  res.end()
  return JSON.parse(store.sessions[req.sessionID])
}

for (const isNew of [true, false]) {
  const kind = isNew ? 'a new session' : 'a stored session'

  test(`the save of ${kind} is the one that the prototype had when the request began`, async () => {
    const seen = []
    for (const session of [genuine, ours]) {
      const { prototype } = session.Session
      const original = prototype.save
      const stamp = (name) =>
        function save(...args) {
          this[name] = true
          return original.apply(this, args)
        }
      const restore = () => (prototype.save = original)
      try {
        const late = await stored(session, {
          isNew,
          handle(req) {
            prototype.save = stamp('late')
            req.session.changed = true
          }
        })
        restore()
        const early = await stored(session, {
          isNew,
          before: () => (prototype.save = stamp('early')),
          handle(req) {
            restore()
            req.session.changed = true
          }
        })
        seen.push([late.late, early.early])
      } finally {
        restore()
      }
    }
    assert.deepEqual(seen, [
      [undefined, true],
      [undefined, true]
    ])
  })
}

test('a save that the application gives to each new session is called', async () => {
  const seen = []
  for (const session of [genuine, ours]) {
    const custom = (store) => {
      const { generate } = store
      store.generate = (req) => {
        generate?.(req)
        const { save } = req.session ?? {}
        if (!save) return
        req.session.save = function (...args) {
          this.stamp = 1
          return save.apply(this, args)
        }
      }
    }
    const found = await stored(session, {
      isNew: true,
      custom,
      handle: (req) => (req.session.n = 1)
    })
    seen.push(found.stamp)
  }
  assert.deepEqual(seen, [1, 1])
})

test('a session that was read for one request is not read by another, even after it has expired', async (t) => {
  const seen = async (session) => {
    let now = Date.now()
    const clock = t.mock.method(Date, 'now', () => now)
    const store = new session.MemoryStore()
    store.set('a', { cookie: new session.Cookie({ maxAge: 200 }), user: 'alice' })
    const middleware = session({ secret: SECRET, resave: false, saveUninitialized: false, store })
    const first = Object.assign(makeRequest({ headers: { cookie: cookieHeader('a') } }), {
      session: null
    })
    await new Promise((resolve) => middleware(first, {}, resolve))
    now += 1000
    const second = Object.assign(makeRequest({}), { signedCookies: { 'connect.sid': 'a' } })
    await new Promise((resolve) => middleware(second, {}, resolve))
    clock.mock.restore()
    return [first.session.user, second.session.user]
  }
  const expected = ['alice', undefined]
  assert.deepEqual([await seen(genuine), await seen(ours)], [expected, expected])
})

test('a request whose response cannot be hooked leaves nothing behind for the next one', async (t) => {
  const now = Date.now()
  let later = 0
  t.mock.method(Date, 'now', () => now + later)
  const store = new ours.MemoryStore()
  store.set('a', { cookie: new ours.Cookie({ maxAge: 200 }), user: 'alice' })
  const middleware = ours({ secret: SECRET, resave: false, saveUninitialized: false, store })
  const frozen = Object.freeze({ end() {} })
  const first = makeRequest({ headers: { cookie: cookieHeader('a') } })
  assert.throws(() => middleware(first, frozen, () => {}), TypeError)
  later = 1000
  const second = Object.assign(makeRequest({}), { signedCookies: { 'connect.sid': 'a' } })
  await new Promise((resolve) => middleware(second, {}, resolve))
  assert.equal(second.session.user, undefined)
})

test('a member with a toJSON sees the session’s cookie while the session is compared', async () => {
  const seen = (session) => {
    const store = new session.MemoryStore()
    const middleware = session({ secret: SECRET, resave: false, saveUninitialized: true, store })
    const req = makeRequest({})
    const res = new ServerResponse(req)
    middleware(req, res, () => {})
    const found = new Set()
    for (const name of ['before', '1']) {
      req.session[name] = {
        toJSON() {
          found.add(JSON.stringify({ cookie: req.session.cookie }))
          return name
        }
      }
    }
    req.session.cookie.path = '/app'
    res.end()
    return [[...found], store.sessions[req.sessionID]]
  }
  assert.deepEqual(seen(ours), seen(genuine))
  assert.match(seen(ours)[1], /"before":"before"/)
})
