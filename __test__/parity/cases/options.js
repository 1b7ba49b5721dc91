'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { outcome, plain } = require('../plain')
const { cookieHeader } = require('../signature')
const { open, returning, storedSession } = require('../site')

const BASE = { secret: 'x', resave: false, saveUninitialized: false }

const REFUSED = {
  'genid string': [{ genid: 'abc' }, 'genid option must be a function'],
  'genid object': [{ genid: {} }, 'genid option must be a function'],
  'genid true': [{ genid: true }, 'genid option must be a function'],
  'unset other': [{ unset: 'bogus!' }, 'unset option must be "destroy" or "keep"'],
  'unset true': [{ unset: true }, 'unset option must be "destroy" or "keep"'],
  'unset object': [{ unset: {} }, 'unset option must be "destroy" or "keep"'],
  'secret empty array': [{ secret: [] }, 'secret option array must contain one or more strings']
}

const ACCEPTED = {
  'genid null': { genid: null },
  'genid 0': { genid: 0 },
  'unset empty': { unset: '' },
  'unset null': { unset: null },
  'unset false': { unset: false },
  'unset keep': { unset: 'keep' },
  'cookie null': { cookie: null },
  'cookie string': { cookie: 'path' },
  'cookie number': { cookie: 7 },
  'store null': { store: null },
  'name empty': { name: '' },
  'name number': { name: 7 }
}

const NAMES = {
  default: [{}, 'connect.sid'],
  name: [{ name: 'sid' }, 'sid'],
  key: [{ key: 'old' }, 'old'],
  both: [{ name: 'sid', key: 'old' }, 'sid'],
  'empty name': [{ name: '', key: 'old' }, 'old'],
  'token characters': [{ name: "__Host-a!#$%&'*+-.^_`|~1" }, "__Host-a!#$%&'*+-.^_`|~1"]
}

module.exports = [
  {
    name: 'options that cannot work are refused when the middleware is made',
    run(session) {
      return Object.fromEntries(
        Object.entries(REFUSED).map(([name, [options]]) => [
          name,
          outcome(() => session({ ...BASE, ...options }))
        ])
      )
    },
    expect(recording) {
      for (const [name, [, message]] of Object.entries(REFUSED)) {
        assert.deepEqual(recording[name].threw, { error: 'TypeError', message }, name)
      }
    }
  },
  {
    name: 'falsy and merely odd options are accepted',
    run(session) {
      return Object.fromEntries(
        Object.entries(ACCEPTED).map(([name, options]) => [
          name,
          outcome(() => session({ ...BASE, ...options }))
        ])
      )
    },
    expect(recording) {
      for (const name of Object.keys(ACCEPTED)) {
        assert.deepEqual(recording[name], { value: '<function session/3>' }, name)
      }
    }
  },
  {
    name: 'a store which is no event emitter is refused with the engine’s own error',
    run(session) {
      return {
        plainObject: outcome(() => session({ ...BASE, store: {} })),
        frozen: outcome(() => session({ ...BASE, store: Object.freeze(new EventEmitter()) })),
        string: outcome(() => session({ ...BASE, store: 'memory' }))
      }
    },
    expect(recording) {
      assert.match(recording.plainObject.threw.message, /is not a function/)
    }
  },
  {
    name: 'the options object is neither changed nor read again later',
    async run(session) {
      const cookie = Object.freeze({ maxAge: 1000 })
      const options = { ...BASE, saveUninitialized: true, genid: () => 'fixed', cookie }
      const before = plain(options)
      const site = open(session, { options })
      const frozen = outcome(() => session(Object.freeze(options)))
      const twice = outcome(() => session(options))
      return { before, after: plain(options), frozen, twice, answer: await site.visit() }
    },
    expect(recording) {
      assert.deepEqual(recording.before, recording.after)
      assert.equal(recording.frozen.threw, undefined)
      assert.match(setCookies(recording.answer)[0], /Expires=Tue, 01 Jan 2030 12:00:01 GMT/)
    }
  },
  {
    name: 'the cookie options are read at each request, the other ones only once',
    async run(session) {
      const cookie = { path: '/', maxAge: 1000 }
      const options = { cookie, name: 'one', rolling: false }
      const site = open(session, { options })
      options.name = 'two'
      options.rolling = true
      cookie.httpOnly = false
      cookie.sameSite = 'lax'
      return site.visit()
    },
    expect(recording) {
      assert.match(setCookies(recording)[0], /^one=[^;]+; Path=\/; Expires=[^;]+; SameSite=Lax$/)
    }
  },
  {
    name: 'the cookie has the name it was given, read and written',
    async run(session) {
      const recording = {}
      for (const [label, [options, name]] of Object.entries(NAMES)) {
        const site = open(session, {
          options: { ...options, rolling: true },
          store: { data: { known: storedSession({ views: 1 }) } }
        })
        const headers = { cookie: cookieHeader('known', { name }) }
        recording[label] = [await site.visit(), await site.visit({ headers })]
      }
      return recording
    },
    expect(recording) {
      for (const [label, [, name]] of Object.entries(NAMES)) {
        const [fresh, again] = recording[label]
        assert.ok(setCookies(fresh)[0].startsWith(`${name}=s%3Aid1.`), label)
        assert.ok(setCookies(again)[0].startsWith(`${name}=s%3Aknown.`), label)
      }
    }
  },
  {
    name: 'truthy values of the flags count as set, falsy ones as not set',
    async run(session) {
      const recording = {}
      for (const value of [true, false, null, 0, 1, '', 'no']) {
        for (const flag of ['resave', 'rolling', 'saveUninitialized']) {
          const site = open(session, {
            options: { resave: false, saveUninitialized: false, [flag]: value },
            store: { data: { known: storedSession() } }
          })
          const label = `${flag}=${JSON.stringify(value)}`
          recording[label] = [await site.visit(), await site.visit(returning())]
        }
      }
      return recording
    },
    expect(recording) {
      const stored = ([, again]) => names(again.log, 'store.set').length
      assert.equal(stored(recording['resave="no"']), 1)
      assert.equal(stored(recording['resave=null']), 0)
      assert.equal(setCookies(recording['rolling=1'][1]).length, 1)
      assert.equal(setCookies(recording['rolling=""'][1]).length, 0)
      assert.equal(setCookies(recording['saveUninitialized=1'][0]).length, 1)
      assert.equal(setCookies(recording['saveUninitialized=0'][0]).length, 0)
    }
  },
  {
    name: 'the module and the middleware have the shape applications rely on',
    run(session, { deep }) {
      const Cookie = deep('session/cookie')
      return {
        module: plain(session),
        // `engine` is ours, and is not enumerable.
        own: Object.getOwnPropertyNames(session)
          .filter((name) => name !== 'engine')
          .toSorted(),
        enumerable: Object.keys(session).toSorted(),
        parts: Object.keys(session),
        sameCookie: Cookie === session.Cookie,
        sameStore: deep('session/store') === session.Store,
        sameMemory: deep('session/memory') === session.MemoryStore,
        sameSession: deep('session/session') === session.Session,
        asConstructor: outcome(() => new session({ ...BASE })),
        middleware: Object.getOwnPropertyNames(session({ ...BASE })).toSorted()
      }
    },
    expect(recording) {
      assert.deepEqual(recording.parts, ['Store', 'Cookie', 'Session', 'MemoryStore'])
      assert.equal(recording.module, '<function session/1>')
      assert.ok(recording.sameCookie && recording.sameStore)
      assert.ok(recording.sameMemory && recording.sameSession)
    }
  },
  {
    name: 'two middlewares may share one store, and the last one made generates its sessions',
    async run(session) {
      const first = open(session, { options: { genid: () => 'first', name: 'a' } })
      const middleware = session({
        ...BASE,
        saveUninitialized: true,
        store: first.store,
        genid: () => 'second',
        name: 'b',
        cookie: { path: '/', maxAge: 5000 }
      })
      return {
        first: await first.visit(),
        listeners: first.store.eventNames(),
        plain: plain(middleware)
      }
    },
    expect(recording) {
      assert.match(setCookies(recording.first)[0], /^a=s%3Asecond\..+Expires=/)
      assert.deepEqual(recording.listeners, ['disconnect', 'connect'])
    }
  }
]
