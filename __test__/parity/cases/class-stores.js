'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { inherits } = require('node:util')
const { outcome, plain } = require('../plain')
const { storedSession } = require('../site')
const { turnsUntil } = require('../turns')

const NOW = Date.UTC(2030, 0, 1, 12, 0, 0, 250)

const SESSIONS = {
  plain: storedSession({ user: 'tobi' }),
  valid: storedSession({}, { expires: new Date(NOW + 1) }),
  'just expired': storedSession({}, { expires: new Date(NOW) }),
  expired: storedSession({}, { expires: new Date(0) }),
  'expires text': storedSession({}, { expires: 'whenever' }),
  'expires number': storedSession({}, { expires: NOW - 1 }),
  'expires later number': storedSession({}, { expires: NOW + 1 }),
  'expires true': storedSession({}, { expires: true }),
  'expires false': storedSession({}, { expires: false }),
  'expires empty': storedSession({}, { expires: '' }),
  'expires short text': storedSession({}, { expires: '2029' }),
  'expires RFC text': storedSession({}, { expires: 'Tue, 01 Jan 2030 11:00:00 GMT' }),
  'expires local text': storedSession({}, { expires: 'January 1, 2031 10:00:00' }),
  cookieless: { user: 'x' },
  'null cookie': { cookie: null },
  'text cookie': { cookie: 'text' },
  'integer keys': { 2: 'b', 1: 'a', cookie: {}, z: 1, a: 2 },
  text: 'just text',
  number: 7,
  null: null,
  list: [1, 2],
  nested: storedSession({ a: { b: [null, undefined, NaN, 'é🙂\u2028\ud800'] } }),
  'own __proto__': JSON.parse('{"__proto__":{"a":1},"cookie":{}}')
}

const IDS = ['a', '', '__proto__', 'constructor', '1', 'é🙂', '\ud800', 'long'.repeat(1000)]

const EXPIRED = /^(just )?expired$|^expires (number|true|short|RFC)/

// Calls a method of the store and gives what its callback got.
async function ask(store, method, ...args) {
  const calls = []
  const returned = outcome(() => store[method](...args, (...results) => calls.push(plain(results))))
  const sync = calls.length
  await turnsUntil(() => calls.length > 0, { most: 10 })
  return { returned, calls, sync }
}

module.exports = [
  ...Object.entries(SESSIONS).map(([label, sess]) => ({
    name: `MemoryStore keeps and gives back: ${label}`,
    async run({ MemoryStore }) {
      const store = new MemoryStore()
      return {
        set: await ask(store, 'set', 'sid', sess),
        // ours shows no session that has expired, see docs/differences.md
        text: EXPIRED.test(label) || plain(store.sessions.sid),
        get: await ask(store, 'get', 'sid'),
        all: await ask(store, 'all'),
        // ours does not look at the sessions to count them
        length: sess === null || (await ask(store, 'length')),
        kept: Object.keys(store.sessions),
        touch: await ask(store, 'touch', 'sid', { cookie: { path: '/touched', expires: null } }),
        touched: plain(store.sessions.sid),
        destroy: await ask(store, 'destroy', 'sid'),
        gone: await ask(store, 'get', 'sid'),
        left: Object.keys(store.sessions)
      }
    },
    expect({ set, get, kept, left }) {
      assert.deepEqual(set.calls, [[]])
      assert.equal(set.sync, 0)
      assert.deepEqual(kept, EXPIRED.test(label) ? [] : ['sid'])
      // the text `null` is truthy, and what it stands for has no cookie to look at
      if (label === 'null') assert.equal(get.returned.threw.error, 'TypeError')
      else assert.equal(get.calls.length, 1)
      assert.deepEqual(left, [])
    }
  })),
  {
    name: 'MemoryStore takes any text as id',
    async run({ MemoryStore }) {
      const store = new MemoryStore()
      const recording = {}
      for (const id of IDS) {
        await ask(store, 'set', id, storedSession({ id }))
        recording[`id ${id}`] = await ask(store, 'get', id)
      }
      const other = [7, null, undefined, true]
      for (const id of other) {
        await ask(store, 'set', id, storedSession({}))
        recording[`other ${id}`] = [
          await ask(store, 'get', id),
          await ask(store, 'get', String(id))
        ]
      }
      return { recording, keys: Object.keys(store.sessions), all: await ask(store, 'all') }
    },
    expect({ recording, keys }) {
      for (const id of IDS) assert.equal(recording[`id ${id}`].calls[0].length, 2)
      assert.equal(keys.length, IDS.length + 4)
    }
  },
  {
    name: 'MemoryStore works without callbacks, except where it needs one',
    async run({ MemoryStore }) {
      const store = new MemoryStore()
      const returned = {
        set: outcome(() => store.set('sid', storedSession())),
        touch: outcome(() => store.touch('sid', storedSession({}, { path: '/t' }))),
        touchMissing: outcome(() => store.touch('nope', storedSession())),
        all: outcome(() => store.all()),
        text: plain(store.sessions.sid),
        destroy: outcome(() => store.destroy('sid')),
        destroyMissing: outcome(() => store.destroy('nope')),
        clear: outcome(() => store.clear()),
        touchNothing: outcome(() => store.touch('nope', undefined)),
        get: outcome(() => store.get('sid'))
      }
      return returned
    },
    expect({ set, text, get }) {
      assert.deepEqual(set, { value: '<undefined>' })
      assert.equal(JSON.parse(text).cookie.path, '/t')
      assert.equal(get.threw.code, 'ERR_INVALID_ARG_TYPE')
    }
  },
  {
    name: 'what cannot be JSON is refused by MemoryStore as JSON.stringify refuses it',
    async run({ MemoryStore }) {
      const circular = { cookie: {} }
      circular.self = circular
      const throwing = {
        toJSON() {
          throw new Error('not today')
        }
      }
      const recording = {}
      const values = { circular, bigint: { a: 1n }, throwing }
      for (const [label, value] of Object.entries(values)) {
        const store = new MemoryStore()
        recording[label] = [
          await ask(store, 'set', 'sid', value),
          plain(store.sessions.sid),
          Object.keys(store.sessions),
          await ask(store, 'get', 'sid')
        ]
      }
      return recording
    },
    expect({ circular, throwing }) {
      assert.equal(circular[0].returned.threw.error, 'TypeError')
      assert.equal(throwing[0].returned.threw.message, 'not today')
    }
  },
  {
    name: 'the sessions property of MemoryStore can be read, written and replaced',
    async run({ MemoryStore }) {
      const store = new MemoryStore()
      const steps = []
      const step = async (label, work) => {
        const result = outcome(() => work(store.sessions))
        const keys = Object.keys(store.sessions)
        steps.push([label, result, keys, await ask(store, 'get', 'b'), await ask(store, 'length')])
      }
      await ask(store, 'set', 'a', storedSession({ n: 1 }))
      await step('read', (sessions) => [sessions.a, sessions.none, typeof sessions])
      await step('prototype', (sessions) => Object.getPrototypeOf(sessions))
      await step('write', (sessions) => (sessions.b = JSON.stringify(storedSession({ n: 2 }))))
      await step('in', (sessions) => ['a' in sessions, 'x' in sessions, 'toString' in sessions])
      await step('own', (sessions) => [Object.hasOwn(sessions, 'b'), Object.hasOwn(sessions, 'x')])
      await step('walk', (sessions) => {
        const found = []
        for (const id in sessions) found.push(id)
        return found
      })
      await step('entries', (sessions) => Object.entries(sessions).length)
      await step('descriptor', (sessions) => ({
        ...Object.getOwnPropertyDescriptor(sessions, 'a')
      }))
      await step('delete', (sessions) => delete sessions.a)
      await step('delete again', (sessions) => delete sessions.a)
      await step('spread', (sessions) => ({ ...sessions }))
      await step('json', (sessions) => JSON.stringify(sessions))
      await step('order', (sessions) => {
        sessions.z = '{}'
        sessions[10] = '{}'
        sessions[9] = '{}'
        return Object.keys(sessions)
      })
      await step('replace by a plain object', () => {
        store.sessions = { b: JSON.stringify(storedSession({ n: 3 })) }
      })
      await step('identity', (sessions) => sessions === store.sessions)
      await step('unparsable', (sessions) => (sessions.c = 'x'))
      steps.push(outcome(() => store.get('c', () => {})))
      await step('mended', (sessions) => delete sessions.c)
      await step('clear', () => store.clear())
      return { steps, descriptor: plain({ ...Object.getOwnPropertyDescriptor(store, 'sessions') }) }
    },
    expect({ steps }) {
      const keys = Object.fromEntries(
        steps.filter(Array.isArray).map(([label, , own]) => [label, own])
      )
      assert.deepEqual(keys.write, ['a', 'b'])
      assert.deepEqual(keys.delete, ['b'])
      assert.deepEqual(keys.order, ['9', '10', 'b', 'z'])
      assert.deepEqual(keys['replace by a plain object'], ['b'])
      assert.deepEqual(keys.clear, [])
    }
  },
  {
    name: 'stored sessions are copies',
    async run({ MemoryStore }) {
      const store = new MemoryStore()
      const sess = storedSession({ list: [1] })
      await ask(store, 'set', 'sid', sess)
      sess.list.push(2)
      const seen = []
      for (let round = 0; round < 2; round++) {
        store.get('sid', (error, found) => {
          found.list.push(3)
          seen.push(plain(found.list))
        })
        await turnsUntil(() => seen.length > round)
      }
      return seen
    },
    expect(seen) {
      assert.deepEqual(seen, [
        [1, 3],
        [1, 3]
      ])
    }
  },
  {
    name: 'Store and MemoryStore have the shape stores build on',
    run({ Store, MemoryStore }) {
      const members = (prototype) =>
        Reflect.ownKeys(prototype).map((key) => [
          String(key),
          plain({ ...Object.getOwnPropertyDescriptor(prototype, key) })
        ])
      // Ours has more: what it can do beyond is listed in docs/memory-store.md.
      const known = new Set('constructor all clear destroy get set length touch'.split(' '))
      const memory = new MemoryStore()
      return {
        store: [plain(Store), members(Store.prototype), Store.super_ === EventEmitter],
        memory: [
          plain(MemoryStore),
          members(MemoryStore.prototype).filter(([key]) => known.has(key)),
          MemoryStore.super_ === Store
        ],
        enumerated: Object.keys(MemoryStore.prototype),
        chain: [
          memory instanceof Store,
          memory instanceof EventEmitter,
          Object.getPrototypeOf(MemoryStore.prototype) === Store.prototype,
          Object.getPrototypeOf(MemoryStore) === Function.prototype
        ],
        own: Object.keys(memory),
        bare: Object.keys(new Store())
      }
    },
    expect({ chain, store, memory }) {
      assert.ok(chain.every(Boolean))
      assert.deepEqual(
        store[1].map(([name]) => name),
        ['constructor', 'regenerate', 'load', 'createSession']
      )
      assert.ok(memory[2])
    }
  },
  {
    name: 'Store and MemoryStore can be inherited from in every way',
    async run({ Store, MemoryStore }) {
      function Called() {
        MemoryStore.call(this)
      }
      inherits(Called, MemoryStore)
      function OldStyle(options) {
        Store.call(this, options)
      }
      OldStyle.prototype = Object.create(Store.prototype)
      class Modern extends MemoryStore {
        get(id, callback) {
          super.get(`p:${id}`, callback)
        }
        set(id, sess, callback) {
          super.set(`p:${id}`, sess, callback)
        }
      }
      const recording = {
        bareCall: outcome(() => Store.call({})),
        oldStyle: outcome(() => new OldStyle({}).listenerCount('connect'))
      }
      for (const Kind of [Called, Modern]) {
        const store = new Kind()
        await ask(store, 'set', 'sid', storedSession({ kind: Kind.name }))
        recording[Kind.name] = {
          get: await ask(store, 'get', 'sid'),
          keys: Object.keys(store.sessions),
          own: Object.keys(store),
          emits: outcome(() => store.emit('connect'))
        }
      }
      return recording
    },
    expect({ Called, Modern }) {
      assert.deepEqual(Called.keys, ['sid'])
      assert.deepEqual(Modern.keys, ['p:sid'])
    }
  }
]
