'use strict'

const assert = require('node:assert/strict')
const { outcome, plain } = require('../plain')
const { open, returning, storedSession } = require('../site')

const DATA = {
  nothing: undefined,
  null: null,
  text: 'text',
  number: 7,
  empty: {},
  plain: { user: 'tobi', list: [1, { a: 2 }] },
  array: ['a', 'b'],
  'reserved names': { id: 1, req: 2, save: 3, touch: 4, reload: 5, destroy: 6, user: 'x' },
  'prototype names': { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: 4, user: 'x' },
  'own __proto__': JSON.parse('{"__proto__":{"polluted":true},"user":"x"}'),
  inherited: Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }),
  'not enumerable': Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }),
  symbols: { [Symbol('s')]: 1, a: 2 },
  'a getter': {
    get user() {
      return 'computed'
    }
  },
  'integer keys': { b: 1, 2: 'two', 1: 'one', a: 2 },
  'null prototype': Object.assign(Object.create(null), { a: 1 }),
  'a cookie': { cookie: { path: '/' } }
}

const METHODS = ['touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate']

function descriptors(object) {
  return Reflect.ownKeys(object).map((key) => {
    const { value, ...flags } = Object.getOwnPropertyDescriptor(object, key)
    const hasRequest = key === 'req'
    return [String(key), hasRequest ? 'the request' : plain(value), plain(flags)]
  })
}

function walk(object) {
  const keys = []
  for (const key in object) keys.push(key)
  return keys
}

// A session as the middleware leaves it on a request.
function inRequest(session, request, look) {
  return open(session, {
    options: { cookie: { maxAge: 1000 } },
    store: { data: { known: storedSession({ user: 'tobi', 1: 'one' }) } }
  }).visit({
    ...request,
    handle(req, res, log) {
      log.add('look', look(req, log))
      res.end()
    }
  })
}

const lookCase = (name, look, check) => ({
  name,
  async run(session) {
    const both = { fresh: {}, known: returning() }
    const recording = {}
    for (const [label, request] of Object.entries(both)) {
      const { log } = await inRequest(session, request, (req) => look(req, session))
      const found = log.find(([entry]) => entry === 'look' || entry === 'handler threw')
      recording[label] = found[1]
    }
    return recording
  },
  expect: check
})

module.exports = [
  ...Object.entries(DATA).map(([label, data]) => ({
    name: `a Session made by hand from: ${label}`,
    run({ Session }) {
      const req = { sessionID: 'by hand' }
      return outcome(() => {
        const made = new Session(req, data)
        return {
          described: descriptors(made),
          walked: walk(made),
          json: JSON.stringify(made),
          id: made.id,
          req: made.req === req,
          polluted: {}.polluted ?? made.polluted
        }
      })
    },
    expect({ value }) {
      assert.equal(value.id, 'by hand')
      assert.ok(value.req)
      if (label === 'reserved names') assert.deepEqual(value.walked, ['user'])
      assert.equal(value.polluted, '<undefined>')
    }
  })),
  {
    name: 'Session and its prototype have the properties they always had',
    run({ Session }) {
      return {
        itself: plain(Session),
        statics: Reflect.ownKeys(Session).map(String).toSorted(),
        members: descriptors(Session.prototype),
        withoutRequest: outcome(() => new Session()),
        withoutNew: outcome(() => {
          const target = {}
          Session.call(target, { sessionID: 's' }, { a: 1 })
          return [target.id, target.a]
        }),
        constructor: Session.prototype.constructor === Session,
        missingId: outcome(() => new Session({}).id)
      }
    },
    expect(recording) {
      assert.equal(recording.itself, '<function Session/2>')
      assert.deepEqual(
        recording.members.map(([name]) => name),
        ['constructor', ...METHODS.slice(0, 3), 'reload', 'destroy', 'regenerate']
      )
      assert.equal(recording.withoutRequest.threw.error, 'TypeError')
    }
  },
  lookCase(
    'a request’s session has the usual own properties, in order',
    (req) => ({ described: descriptors(req.session), walked: walk(req.session) }),
    ({ known, fresh }) => {
      assert.deepEqual(known.walked, ['1', 'cookie', 'user'])
      assert.deepEqual(
        fresh.described.map(([name]) => name),
        ['req', 'id', 'cookie', 'reload', 'save']
      )
    }
  ),
  lookCase(
    'a request’s session is an instance of Session, and its cookie of Cookie',
    (req, { Session, Cookie }) => [
      req.session instanceof Session,
      Object.getPrototypeOf(req.session) === Session.prototype,
      req.session.cookie instanceof Cookie,
      req.session.constructor.name,
      req.session.req === req,
      req.sessionStore.constructor.name
    ],
    ({ known }) => assert.deepEqual(known.slice(0, 4), [true, true, true, 'Session'])
  ),
  lookCase(
    'a request’s session can be copied, spread and written as JSON',
    (req) => ({
      spread: { ...req.session },
      assigned: Object.assign({}, req.session),
      entries: Object.entries(req.session),
      json: JSON.stringify(req.session),
      pretty: JSON.stringify({ session: req.session }, null, 2),
      cloned: outcome(() => structuredClone({ ...req.session, cookie: null })),
      clonedWhole: outcome(() => structuredClone(req.session))
    }),
    ({ known }) => {
      assert.equal(JSON.parse(known.json).user, 'tobi')
      assert.deepEqual(
        known.entries.map(([key]) => key),
        ['1', 'cookie', 'user']
      )
    }
  ),
  lookCase(
    'id and req of a session cannot be changed',
    (req) => ({
      id: outcome(() => {
        req.session.id = 'other'
      }),
      req: outcome(() => {
        req.session.req = null
      }),
      remove: outcome(() => delete req.session.id),
      define: outcome(() => Object.defineProperty(req.session, 'id', { value: 'x' })),
      still: req.session.id === req.sessionID
    }),
    ({ known }) => {
      assert.equal(known.id.threw.error, 'TypeError')
      assert.equal(known.still, true)
    }
  ),
  lookCase(
    'the request has the session’s properties as plain ones',
    (req) =>
      ['sessionStore', 'sessionID', 'session'].map((name) => {
        // Whether it is an accessor is a documented difference.
        const { enumerable, configurable } = Object.getOwnPropertyDescriptor(req, name)
        return [name, typeof req[name], { enumerable, configurable }]
      }),
    ({ fresh }) => {
      const flags = { enumerable: true, configurable: true }
      assert.deepEqual(fresh, [
        ['sessionStore', 'object', flags],
        ['sessionID', 'string', flags],
        ['session', 'object', flags]
      ])
    }
  )
]
