'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { outcome, plain } = require('../plain')
const { makeRequest, open, returning, storedSession } = require('../site')
const { KINDS, TIMINGS } = require('../stores')

const data = () => ({ known: storedSession({ views: 1 }, { originalMaxAge: 1000 }) })

function count(req, res, log) {
  log.add('session', req.session)
  req.session.views = (req.session.views ?? 0) + 1
  res.end(String(req.session.views))
}

module.exports = [
  ...Object.keys(KINDS).flatMap((kind) =>
    Object.keys(TIMINGS).flatMap((timing) =>
      [true, false].map((touch) => ({
        name: `a store made by ${kind}, answering ${timing}, touch ${touch}`,
        async run(session) {
          // without Store's methods only new sessions are possible
          const loads = kind !== 'emitter'
          const site = open(session, { store: { kind, timing, touch, data: loads ? data() : {} } })
          return {
            fresh: await site.visit({ handle: count }),
            known: await site.visit(returning('known', { handle: count })),
            again: await site.visit(returning('id1')),
            contents: site.contents()
          }
        },
        expect({ fresh, known, again }) {
          assert.ok(fresh.body.includes('1'))
          if (kind === 'emitter') {
            assert.equal(names(again.log, 'next').length, 1)
            assert.equal(again.log.find(([name]) => name === 'next')[1].error, 'TypeError')
            return
          }
          assert.ok(known.body.includes('2'))
          const last = touch ? 'store.touch' : 'store.get'
          assert.equal(names(again.log, 'store.').at(-1), last)
        }
      }))
    )
  ),
  {
    name: 'a touch method counts as it was when the middleware was made',
    async run(session) {
      const [gains, loses] = [false, true].map((touch) =>
        open(session, { store: { touch, data: data() } })
      )
      gains.store.touch = () => gains.log.add('late touch')
      delete loses.store.touch
      return { gains: await gains.visit(returning()), loses: await loses.visit(returning()) }
    },
    expect({ gains, loses }) {
      assert.deepEqual(names(gains.log, 'late'), [])
      assert.match(loses.log.at(-1)[1].message, /is not a function/)
    }
  },
  {
    name: 'other methods of the store are looked up at each use',
    async run(session) {
      const site = open(session, { store: { data: data() } })
      const usual = site.store.get
      site.store.get = function (...args) {
        site.log.add('replaced get', args.length)
        usual.apply(this, args)
      }
      const { createSession } = site.store
      site.store.createSession = function (...args) {
        site.log.add('replaced createSession', args.length, this === site.store)
        return createSession.apply(this, args)
      }
      const { generate } = site.store
      site.store.generate = function (...args) {
        site.log.add('replaced generate', args.length, this === site.store)
        return generate.apply(this, args)
      }
      return { known: await site.visit(returning()), fresh: await site.visit() }
    },
    expect({ known, fresh }) {
      assert.deepEqual(names(known.log, 'replaced'), ['replaced get', 'replaced createSession'])
      assert.deepEqual(names(fresh.log, 'replaced'), ['replaced generate'])
    }
  },
  {
    name: 'while the store is disconnected requests pass without a session',
    async run(session) {
      const site = open(session, { store: { data: data() } })
      const handle = (req, res, log) => {
        log.add('session', typeof req.session, 'sessionStore' in req)
        res.end()
      }
      const recording = [await site.visit(returning('known', { handle }))]
      for (const event of [
        'disconnect',
        'disconnect',
        'connect',
        'disconnect',
        'ready',
        'connect'
      ]) {
        site.store.emit(event, 'ignored')
        recording.push([event, await site.visit(returning('known', { handle }))])
      }
      return recording
    },
    expect([first, ...rest]) {
      assert.deepEqual(first.log.find(([name]) => name === 'session').slice(1), ['object', true])
      const seen = rest.map(([, { log }]) => log.find(([name]) => name === 'session')[1])
      const none = 'undefined'
      assert.deepEqual(seen, [none, none, 'object', none, none, 'object'])
    }
  },
  {
    name: 'a store disconnecting during a request still takes its session',
    async run(session) {
      const site = open(session)
      return site.visit({
        handle(req, res) {
          site.store.emit('disconnect')
          res.end()
        }
      })
    },
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.deepEqual(names(recording.log, 'store.'), ['store.set'])
    }
  },
  {
    name: 'the middleware adds generate and two listeners to the store, and nothing else',
    run(session) {
      const store = new session.Store()
      const before = new Set(Reflect.ownKeys(store).map(String))
      session({ secret: 'x', resave: false, saveUninitialized: false, store })
      const added = Reflect.ownKeys(store)
        .map(String)
        .filter((key) => !before.has(key))
      return {
        added,
        generate: plain(store.generate),
        enumerable: Object.getOwnPropertyDescriptor(store, 'generate').enumerable,
        connect: store.listeners('connect').map(plain),
        disconnect: store.listeners('disconnect').map(plain)
      }
    },
    expect({ added, connect, disconnect }) {
      assert.deepEqual(added, ['generate'])
      assert.deepEqual([connect.length, disconnect.length], [1, 1])
    }
  },
  {
    name: 'load() of a store gives a session with a request of its own',
    async run(session) {
      const recording = {}
      const answers = {
        stored: undefined,
        missing: { get: () => [null, null] },
        failing: { get: () => [new Error('no get')] },
        ENOENT: { get: () => [Object.assign(new Error('gone'), { code: 'ENOENT' })] },
        cookieless: { get: () => [null, { user: 'x' }] }
      }
      for (const [label, answer] of Object.entries(answers)) {
        const { store, log } = open(session, { store: { data: data(), answers: answer } })
        const returned = outcome(() =>
          store.load('known', (...args) => {
            const [, sess] = args
            log.add('loaded', args.length, args, sess?.id, sess && Object.keys(sess.req))
            if (sess) log.add('save', sess.save() === sess)
          })
        )
        recording[label] = { returned, log: log.take() }
      }
      return recording
    },
    expect({ stored, missing }) {
      const [, count, , id, keys] = stored.log.find(([name]) => name === 'loaded')
      assert.deepEqual([count, id, keys], [2, 'known', ['sessionID', 'sessionStore', 'session']])
      assert.equal(missing.log.find(([name]) => name === 'loaded')[1], 0)
    }
  },
  {
    name: 'createSession() turns stored data into the session of a request',
    run(session) {
      const store = new session.Store()
      const recording = {}
      const inputs = {
        plain: storedSession({ user: 'tobi' }),
        dated: storedSession({}, { expires: '2030-03-17T17:46:40.000Z', originalMaxAge: 77 }),
        bad: storedSession({}, { expires: 'never' }),
        maxAge: { cookie: { maxAge: 5000, originalMaxAge: 1 } },
        cookieless: {},
        nothing: undefined
      }
      for (const [label, input] of Object.entries(inputs)) {
        const req = { sessionID: 'sid', sessionStore: store }
        const made = outcome(() => {
          const result = store.createSession(req, input)
          return [result === req.session, result, result.id, result.cookie === input.cookie]
        })
        recording[label] = { made, input: plain(input), req: plain(Object.keys(req)) }
      }
      return recording
    },
    expect({ plain: { made }, nothing }) {
      assert.deepEqual([made.value[0], made.value[2], made.value[3]], [true, 'sid', true])
      assert.equal(nothing.made.threw.error, 'TypeError')
    }
  },
  {
    name: 'regenerate() and generate() of a store work on any request',
    async run(session) {
      const site = open(session, { store: { data: data() } })
      const req = makeRequest({ url: '/direct' })
      req.sessionID = 'known'
      const returned = outcome(() =>
        site.store.regenerate(req, (...args) => site.log.add('regenerated', args, req.sessionID))
      )
      const generated = outcome(() => site.store.generate(req))
      return {
        returned,
        generated,
        id: req.session.id,
        session: plain(req.session),
        hasStore: 'sessionStore' in req,
        ownSave: Object.hasOwn(req.session, 'save'),
        log: site.log.take()
      }
    },
    expect(recording) {
      assert.equal(recording.id, 'id2')
      assert.deepEqual(names(recording.log), ['store.destroy', 'regenerated'])
      assert.equal(recording.ownSave, false)
    }
  },
  {
    name: 'a session made by a bare Store without generate cannot be regenerated',
    run(session) {
      const store = Object.assign(new session.Store(), { destroy: (id, callback) => callback() })
      return outcome(() => store.regenerate({ sessionID: 'x' }, () => {}))
    },
    expect({ threw }) {
      assert.equal(threw.error, 'TypeError')
    }
  }
]
