'use strict'

// What tells the accessor that stands in for `req.session` from the property that it stands for:
// docs/differences.md lists it. Each is held beside what express-session does.

const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const { describe, test } = require('node:test')
const genuine = require('express-session')
const ours = require('..')
const { makeRequest } = require('./parity/exchange')
const { cookieHeader } = require('./parity/signature')

const providers = { 'express-session': genuine, ours }

/** Sends a request of a client through the middleware of a provider, for whom it is the first. */
async function pass(session, user, store = new session.MemoryStore()) {
  const held = { cookie: new session.Cookie(), user }
  await new Promise((resolve) => store.set(user, held, resolve))
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false, store }
  const req = makeRequest({ headers: { cookie: cookieHeader(user) } })
  await new Promise((resolve, reject) => {
    session(options)(req, {}, (error) => (error ? reject(error) : resolve()))
  })
  return req
}

/** A test for each provider, with what it is expected to give. */
function differs(sentence, expected, act) {
  describe(sentence, () => {
    for (const [name, session] of Object.entries(providers)) {
      test(`with ${name}`, async () => {
        assert.deepEqual(await act(session), expected[name])
      })
    }
  })
}

const mergeDescriptors = (target, source) =>
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(source))

differs(
  'the descriptor of an unread session is that of an accessor, which all requests share',
  {
    'express-session': { keys: ['value', 'writable', 'enumerable', 'configurable'], shared: true },
    ours: { keys: ['get', 'set', 'enumerable', 'configurable'], shared: true }
  },
  async (session) => {
    const [first, second] = [await pass(session, 'a'), await pass(session, 'b')]
    const [one, other] = [first, second].map((req) =>
      Object.getOwnPropertyDescriptor(req, 'session')
    )
    assert.deepEqual([one.enumerable, one.configurable], [true, true])
    return { keys: Object.keys(one), shared: one.get === other.get && one.set === other.set }
  }
)

differs(
  'printing a request shows that there is an accessor',
  { 'express-session': [false, true], ours: [true, false] },
  async (session) => {
    const text = inspect(await pass(session, 'a'), { depth: 0 })
    return [/session: \[Getter\/Setter\]/.test(text), /session: \[?Session/.test(text)]
  }
)

differs(
  'a value that is defined without saying more cannot be written afterwards',
  { 'express-session': true, ours: false },
  async (session) => {
    const req = await pass(session, 'a')
    Object.defineProperty(req, 'session', { value: { mine: true } })
    return Object.getOwnPropertyDescriptor(req, 'session').writable
  }
)

const copied = (req) =>
  Object.create(Object.getPrototypeOf(req), Object.getOwnPropertyDescriptors(req))

for (const [name, wrap] of Object.entries({
  'a frozen request': (req) => Object.freeze(req),
  'a frozen heir': (req) => Object.freeze(Object.create(req)),
  'a frozen copy': (req) => Object.freeze(copied(req)),
  'a sealed heir': (req) => Object.seal(Object.create(req)),
  'an heir that cannot be extended': (req) => Object.preventExtensions(Object.create(req)),
  'a proxy that defines nothing': (req) => new Proxy(req, { defineProperty: () => false })
})) {
  for (const value of [null, { mine: true }]) {
    differs(
      `assigning ${JSON.stringify(value)} to the session of ${name} changes nothing, without a TypeError`,
      { 'express-session': ['TypeError', 'a', 'a', 'a'], ours: ['none', 'a', 'a', 'a'] },
      async (session) => {
        const req = await pass(session, 'a')
        const wrapper = wrap(req)
        let error = 'none'
        try {
          wrapper.session = value
        } catch (failure) {
          error = failure.name
        }
        const seen = [req, wrapper, new Proxy(req, {})]
        return [error, ...seen.map((object) => object.session?.user)]
      }
    )
  }
}

for (const copy of ['a merge', 'a copy with its prototype']) {
  differs(
    `what is assigned to ${copy} of a sealed request is assigned to the request`,
    { 'express-session': [null, 'a'], ours: [null, null] },
    async (session) => {
      const req = Object.seal(await pass(session, 'a'))
      const target = copy === 'a merge' ? {} : Object.create(Object.getPrototypeOf(req))
      const copied = mergeDescriptors(target, req)
      copied.session = null
      return [copied.session, req.session && req.session.user]
    }
  )
}

for (const [change, act] of Object.entries({
  assigned: (req) => (req.session = { user: 'other' }),
  regenerated: (req) => new Promise((resolve) => req.session.regenerate(resolve))
})) {
  differs(
    `a copy with the descriptors of a request sees the session that is ${change} afterwards`,
    { 'express-session': [true, false], ours: [true, true] },
    async (session) => {
      const req = await pass(session, 'a')
      const copy = mergeDescriptors({}, req)
      const before = copy.session === req.session
      await act(req)
      return [before, copy.session === req.session]
    }
  )
}

// Never the other client's session, unless the application asks for it: express-session returns what was put there.
differs(
  'a request that is given another’s descriptor of the session sees its own',
  { 'express-session': ['a', 'a', 'a'], ours: ['a', 'b', 'a'] },
  async (session) => {
    const store = new session.MemoryStore()
    const [first, second] = [await pass(session, 'a', store), await pass(session, 'b', store)]
    Object.defineProperty(second, 'session', Object.getOwnPropertyDescriptor(first, 'session'))
    return [first, second, first].map((req) => req.session.user)
  }
)

differs(
  'an object that is given nothing but a request’s descriptor of the session has none',
  { 'express-session': 'a', ours: undefined },
  async (session) => {
    const req = await pass(session, 'a')
    const descriptor = Object.getOwnPropertyDescriptor(req, 'session')
    return Object.defineProperty({}, 'session', descriptor).session?.user
  }
)

differs(
  'a request that is given all descriptors of another one sees its own session',
  { 'express-session': ['a', 'a'], ours: ['a', 'b'] },
  async (session) => {
    const store = new session.MemoryStore()
    const [first, second] = [await pass(session, 'a', store), await pass(session, 'b', store)]
    mergeDescriptors(second, first)
    return [first.session.user, second.session.user]
  }
)

// What leads a wrapper to the session is private to Node: an application has to reach for it.
differs(
  'a request that is given the state of another one’s stream shows no session through a proxy',
  { 'express-session': ['b', 'b', 'b'], ours: ['b', undefined, undefined] },
  async (session) => {
    const store = new session.MemoryStore()
    const [first, second] = [await pass(session, 'a', store), await pass(session, 'b', store)]
    second._readableState = first._readableState
    return [second, new Proxy(second, {}), mergeDescriptors({}, second)].map(
      (object) => object.session?.user
    )
  }
)
