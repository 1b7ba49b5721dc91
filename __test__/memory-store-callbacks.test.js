'use strict'

// What `protect` and `ttl` throw or wrongly return must not be a response that never ends, nor end the process.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const session = require('..')
const { request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')

const { Cookie, MemoryStore } = session

const SECRET = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'
const thrown = new RangeError('on purpose')
const fail = () => {
  throw thrown
}
const TTL = 'ttl must return a non-negative number of milliseconds, or undefined, not'

const WRONG = [
  ['protect', fail, 'protect threw an error', thrown],
  ['protect', (held) => held.user.admin, 'protect threw an error'],
  ['protect', () => Promise.reject(thrown), 'protect must return true or false, not a promise'],
  ['protect', () => Promise.resolve(true), 'protect must return true or false, not a promise'],
  // oxlint-disable-next-line no-thenable -- a promise of another library
  ['protect', () => ({ then() {} }), 'protect must return true or false, not a promise'],
  ['ttl', fail, 'ttl threw an error', thrown],
  ['ttl', () => -1, `${TTL} a negative number`],
  ['ttl', () => -Infinity, `${TTL} a negative number`],
  ['ttl', () => NaN, `${TTL} NaN`],
  ['ttl', () => SECRET, `${TTL} a string`],
  ['ttl', () => ({ SECRET }), `${TTL} an object`],
  ['ttl', () => Promise.resolve(5), `${TTL} a promise`],
  ['ttl', () => 5n, `${TTL} a bigint`],
  ['ttl', () => true, `${TTL} a boolean`]
]

for (const [option, callback, message, cause] of WRONG) {
  const name = `${option}: ${callback === fail ? 'throws' : callback}`.replace('SECRET', '…')

  test(`${name} is an error for the callbacks of set and touch`, async () => {
    const store = new MemoryStore({ [option]: callback })
    const held = { cookie: new Cookie(), token: SECRET }
    const error = await ask(store, 'set', 'sid', held).catch((failure) => failure)
    assert.equal(error.code, 'ERR_SESSION_STORE_CALLBACK')
    assert.equal(error.message, `MemoryStore: ${message}`)
    if (cause) assert.equal(error.cause, cause)
    assert.ok(!JSON.stringify({ ...error, message: error.message }).includes('ghp_'))
    assert.equal(await ask(store, 'length'), 0)
    if (option === 'protect') return
    let isWrong = false
    const touched = new MemoryStore({ ttl: (session) => (isWrong ? callback(session) : 5000) })
    await ask(touched, 'set', 'sid', held)
    isWrong = true
    await assert.rejects(ask(touched, 'touch', 'sid', held), { code: 'ERR_SESSION_STORE_CALLBACK' })
    await ask(touched, 'touch', 'absent', held)
    assert.equal((await ask(touched, 'get', 'sid')).token, SECRET)
  })

  test(`${name} is an error for next, and the response ends`, async () => {
    const store = new MemoryStore({ [option]: callback })
    const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
    const errors = []
    const handler = (req, res) =>
      middleware(req, res, (error) => {
        if (error) errors.push(error.code)
        else res.end('ok')
      })
    await serving(handler, async (port) => {
      assert.equal((await request(port)).body, 'ok')
    })
    await new Promise(setImmediate)
    assert.deepEqual(errors, ['ERR_SESSION_STORE_CALLBACK'])
  })
}

test('a ttl of 0 ends a session at once, and none, null and Infinity never', async () => {
  for (const [ttl, length] of [
    [0, 0],
    [-0, 0],
    [undefined, 1],
    [null, 1],
    [Infinity, 1],
    [1e300, 1]
  ]) {
    const store = new MemoryStore({ ttl: () => ttl })
    await ask(store, 'set', 'sid', { cookie: new Cookie() })
    assert.equal(await ask(store, 'length'), length, String(ttl))
  }
})

test('a function that closes the store is an error like any use of a closed store', async () => {
  const store = new MemoryStore({ protect: () => store.close() && false })
  const saved = ask(store, 'set', 'sid', { cookie: new Cookie() })
  await assert.rejects(saved, { code: 'ERR_SESSION_STORE_CLOSED' })
})

test('a ttl function gets the stored data, whatever is touched', async () => {
  const seen = []
  const ttl = ({ user }) => {
    seen.push(user)
    return 5000
  }
  const store = new MemoryStore({ ttl })
  await ask(store, 'set', 'sid', { cookie: new Cookie(), user: 'tobi' })
  await ask(store, 'touch', 'sid', { cookie: new Cookie() })
  await ask(store, 'touch', 'sid', { cookie: { originalMaxAge: null, expires: null } })
  assert.deepEqual(seen, ['tobi', 'tobi', 'tobi'])
})
