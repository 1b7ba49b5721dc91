'use strict'

// Regressions of the lazy `req.session`: what express-session does, side by side.

const assert = require('node:assert/strict')
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
    const res = new (class extends require('node:http').ServerResponse {})(req)
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
