'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { exchange } = require('../exchange')
const { Log } = require('../log')
const { outcome, plain } = require('../plain')
const { open, returning, storedSession } = require('../site')

// What a MemoryStore looks like to those who copy it, wrap it, list it or listen to it.

const METHODS =
  'on off addListener removeListener removeAllListeners prependListener once emit'.split(' ')

/** What lodash's `extend` does: inherited members too. */
function extend(target, source) {
  for (const key in source) target[key] = source[key]
  return target
}

const names = (object) => {
  const found = []
  for (const key in object) found.push(key)
  return found
}

/** What applications do with an emitter. */
function listenAndEmit(emitter) {
  const heard = []
  const listener = (...args) => heard.push(['listener', ...args])
  const once = (...args) => heard.push(['once', ...args])
  const steps = [
    outcome(() => emitter.on('custom', listener) === emitter),
    outcome(() => emitter.addListener('disconnect', listener) === emitter),
    outcome(() => emitter.once('custom', once) === emitter),
    outcome(() => emitter.prependListener('custom', once) === emitter),
    outcome(() => emitter.emit('custom', 1, 2)),
    outcome(() => emitter.emit('custom', 3)),
    outcome(() => [emitter.eventNames(), emitter.listenerCount('custom')]),
    outcome(() => emitter.off('custom', once) === emitter),
    outcome(() => emitter.emit('nobody')),
    outcome(() => emitter.emit('error', new Error('told'))),
    outcome(() => emitter.listenerCount('create')),
    outcome(() => emitter.removeListener('disconnect', listener) === emitter),
    outcome(() => [emitter.eventNames(), emitter._eventsCount]),
    outcome(() => emitter.removeAllListeners() === emitter),
    outcome(() => [emitter.eventNames(), emitter._eventsCount, names(emitter._events)])
  ]
  return { steps, heard: plain(heard) }
}

const COPIES = {
  'is itself': (store) => store,
  'is assigned to an object': (store) => Object.assign({}, store),
  'is assigned to an emitter': (store) => Object.assign(new EventEmitter(), store),
  'is spread': (store) => ({ ...store }),
  'is extended from': (store) => extend({}, store),
  'is extended into an emitter': (store) => extend(new EventEmitter(), store),
  'is inherited from': (store) => Object.create(store),
  'is behind a proxy': (store) => new Proxy(store, {}),
  'is copied with its prototype': (store) =>
    Object.assign(Object.create(Object.getPrototypeOf(store)), store),
  'is copied with its descriptors': (store) =>
    Object.create(Object.getPrototypeOf(store), Object.getOwnPropertyDescriptors(store))
}

/** Requests with a copy of a store in its place. */
async function visits(session, copy) {
  const log = new Log()
  const recording = []
  let store
  try {
    const original = new session.MemoryStore()
    store = copy(original)
    await new Promise((resolve) => {
      original.set('known', { cookie: new session.Cookie(), user: 'tobi' }, resolve)
    })
    const options = { resave: false, saveUninitialized: true, genid: () => 'new' }
    const middleware = session({ secret: 'keyboard cat', store, ...options })
    for (const request of [{}, returning(), returning('new'), returning()]) {
      recording.push(
        await exchange(middleware, {
          log,
          ...request,
          handle(req, res) {
            log.add('look', req.session, req.sessionStore === store)
            req.session.views = (req.session.views ?? 0) + 1
            res.end()
          }
        })
      )
    }
    recording.push({ ...original.sessions }, { ...store.sessions }, original.eventNames())
    store.emit('disconnect')
    recording.push(await exchange(middleware, { log }))
    store.emit('connect')
  } catch (error) {
    recording.push(plain(error))
  }
  return recording
}

const POLLUTIONS = {
  maxSessions: 1,
  maxBytes: 1,
  ttl: 1,
  onFull: 'x',
  name: 'shared',
  protect: 'x',
  lateSaves: 'x',
  eventData: 'x'
}

module.exports = [
  {
    name: 'a MemoryStore has the members that express-session’s has, and no others that are listed',
    run({ MemoryStore, Store }) {
      const store = new MemoryStore()
      return {
        listed: Object.keys(MemoryStore.prototype),
        named: names(store),
        own: Object.keys(store),
        owned: Reflect.ownKeys(store).map(String).toSorted(),
        entries: Object.entries(store).map(([key, value]) => [key, typeof value]),
        statics: Object.keys(MemoryStore),
        extended: Object.keys(extend({}, store)),
        store: [Object.keys(Store.prototype), names(new Store())],
        json: JSON.stringify(store),
        text: [String(store), Object.prototype.toString.call(store)],
        // `sessions` is a view: see docs/differences.md.
        descriptors: ['_events', '_maxListeners'].map((key) => {
          const { value, ...rest } = Object.getOwnPropertyDescriptor(store, key)
          return [key, rest, names(value)]
        })
      }
    },
    expect({ listed, named }) {
      assert.ok(listed.includes('touch') && named.includes('emit'))
    }
  },
  {
    name: 'a MemoryStore’s methods as an emitter are those of every emitter',
    run({ MemoryStore }) {
      const store = new MemoryStore()
      return METHODS.map((method) => [
        method,
        store[method] === EventEmitter.prototype[method],
        Object.hasOwn(store, method)
      ])
    },
    expect(recording) {
      assert.ok(recording.every(([, isInherited, isOwn]) => isInherited && !isOwn))
    }
  },
  ...Object.entries(COPIES).map(([name, copy]) => ({
    name: `a MemoryStore that ${name} can be listened to`,
    run({ MemoryStore }) {
      const store = new MemoryStore()
      const before = []
      store.on('before', () => before.push('heard'))
      const made = copy(store)
      const told = listenAndEmit(made)
      store.emit('before')
      return { told, original: listenAndEmit(store), before, names: store.eventNames() }
    },
    expect({ told }) {
      assert.equal(told.steps.length, 15)
    }
  })),
  ...Object.entries(COPIES).map(([name, copy]) => ({
    name: `a MemoryStore that ${name} keeps the sessions of requests`,
    run: (session) => visits(session, copy),
    expect(recording) {
      assert.ok(recording.length > 0)
    }
  })),
  ...Object.entries(POLLUTIONS).map(([option, value]) => ({
    name: `what all objects inherit as ${option} is no option of a MemoryStore`,
    env: {},
    async run(session, { clock }) {
      Object.prototype[option] = value
      try {
        const stores = [
          () => new session.MemoryStore(),
          () => new session.MemoryStore({}),
          () => new session.MemoryStore(null)
        ]
        const made = stores.map((make) => outcome(() => make() instanceof session.MemoryStore))
        const store = new session.MemoryStore()
        for (const id of ['a', 'b', 'c']) {
          await new Promise((resolve) => store.set(id, storedSession({ id }), resolve))
        }
        clock.advance(1000)
        const site = open(session, { options: { store: undefined, genid: undefined } })
        const bodies = []
        for (let n = 0; n < 3; n++) {
          const { body } = await site.visit({
            handle(req, res) {
              res.end(String(Object.keys(req.sessionStore.sessions).length))
            }
          })
          bodies.push(body)
        }
        return { made, ids: Object.keys(store.sessions), bodies }
      } finally {
        delete Object.prototype[option]
      }
    },
    expect({ code, value, stderr }) {
      assert.deepEqual([code, stderr], [0, []])
      assert.deepEqual(value.ids, ['a', 'b', 'c'])
    }
  }))
]
