'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning, storedSession } = require('../site')
const { TIMINGS } = require('../stores')

const UNSETTING = {
  null: (req) => (req.session = null),
  undefined: (req) => (req.session = undefined),
  deleted: (req) => delete req.session,
  zero: (req) => (req.session = 0),
  'empty text': (req) => (req.session = ''),
  false: (req) => (req.session = false)
}

const REPLACING = {
  'a plain object': (req) => (req.session = { user: 'plain' }),
  'a plain object with a cookie': (req) => (req.session = { cookie: {}, touch() {}, save() {} }),
  text: (req) => (req.session = 'text'),
  'a session made by hand': (req, { Session, Cookie }) => {
    const made = new Session(req, { user: 'made' })
    made.cookie = new Cookie({ maxAge: 1000 })
    req.session = made
  },
  'a session of another id': (req, { Session, Cookie }) => {
    req.session = new Session({ sessionID: 'elsewhere', sessionStore: req.sessionStore }, {})
    req.session.cookie = new Cookie()
  },
  'a generated one': (req) => req.sessionStore.generate(req),
  'a created one': (req) =>
    req.sessionStore.createSession(req, { cookie: { path: '/' }, user: 'created' }),
  'an own object with methods': (req, _, log) => {
    const { cookie } = req.session
    req.session = {
      id: 'own',
      cookie,
      touch: () => log.add('own touch'),
      save: (callback) => {
        log.add('own save', typeof callback)
        callback()
      }
    }
  }
}

const CHANGED_IDS = {
  other: 'other',
  empty: '',
  number: 7,
  null: null,
  undefined: undefined,
  'the one of the cookie': 'known',
  'with odd characters': 'a;b c'
}

const site = (session, options, store) =>
  open(session, {
    options: { cookie: { maxAge: 60_000 }, ...options },
    store: { data: { known: storedSession({ views: 1 }) }, ...store }
  })

function startsOf(request) {
  return { new: request, known: returning('known', request) }
}

module.exports = [
  ...Object.entries(UNSETTING).flatMap(([label, unset]) =>
    ['keep', 'destroy', undefined].map((option) => ({
      name: `req.session unset as ${label} with the option ${option}`,
      async run(session) {
        const recording = {}
        const starts = startsOf({
          handle(req, res) {
            unset(req)
            res.end('unset')
          }
        })
        for (const [start, request] of Object.entries(starts)) {
          for (const timing of Object.keys(TIMINGS)) {
            const app = site(session, { unset: option }, { timing })
            const answer = await app.visit(request)
            recording[`${start} ${timing}`] = { answer, contents: app.contents() }
          }
        }
        return recording
      },
      expect(recording) {
        const destroys = option === 'destroy' && /null|undefined|deleted/.test(label)
        for (const [start, { answer, contents }] of Object.entries(recording)) {
          const calls = names(answer.log, 'store.').filter((name) => name !== 'store.get')
          assert.deepEqual(calls, destroys ? ['store.destroy'] : [], start)
          assert.equal('known' in contents, !(destroys && start.startsWith('known')), start)
          assert.equal(setCookies(answer).length, 0)
        }
      }
    }))
  ),
  ...Object.entries(REPLACING).map(([label, replace]) => ({
    name: `req.session replaced by ${label}`,
    async run(session) {
      const recording = {}
      const starts = startsOf({
        handle(req, res, log) {
          replace(req, session, log)
          log.add('replaced', req.session, req.sessionID)
          res.end('replaced')
        }
      })
      for (const [start, request] of Object.entries(starts)) {
        for (const unset of ['keep', 'destroy']) {
          const app = site(session, { unset })
          const answer = await app.visit(request)
          recording[`${start} ${unset}`] = { answer, contents: app.contents() }
        }
      }
      return recording
    },
    expect(recording) {
      for (const { answer } of Object.values(recording)) {
        assert.ok(answer.log.some(([name]) => name === 'replaced'))
        assert.ok(!names(answer.log).includes('store.destroy'))
      }
    }
  })),
  ...Object.entries(CHANGED_IDS).map(([label, id]) => ({
    name: `req.sessionID changed by the application: ${label}`,
    async run(session) {
      const recording = {}
      for (const modify of [true, false]) {
        for (const saveUninitialized of [true, false]) {
          const starts = startsOf({
            handle(req, res, log) {
              req.sessionID = id
              if (modify) req.session.user = 'tobi'
              log.add('id', req.session.id)
              res.end()
            }
          })
          for (const [start, request] of Object.entries(starts)) {
            const app = site(session, { saveUninitialized })
            const answer = await app.visit(request)
            const key = `${start} ${modify} ${saveUninitialized}`
            recording[key] = { answer, contents: app.contents() }
          }
        }
      }
      return recording
    },
    expect(recording) {
      for (const { answer } of Object.values(recording)) {
        if (typeof id !== 'string') assert.equal(setCookies(answer).length, 0)
        assert.equal(answer.log.find(([name]) => name === 'id')[1].slice(0, 2) === '', false)
      }
      if (label === 'other') {
        assert.match(setCookies(recording['known true true'].answer)[0], /s%3Aother\./)
        assert.deepEqual(Object.keys(recording['known true true'].contents), ['known'])
      }
    }
  })),
  {
    name: 'unset and destroy of a request without an id calls no store',
    run: (session) =>
      site(session, { unset: 'destroy' }).visit({
        handle(req, res) {
          req.session = null
          req.sessionID = undefined
          res.end()
        }
      }),
    expect({ log }) {
      assert.deepEqual(names(log, 'store.'), [])
    }
  },
  {
    name: 'a session destroyed by hand is destroyed once more with unset: destroy',
    run: (session) =>
      site(session, { unset: 'destroy' }).visit(
        returning('known', {
          handle(req, res) {
            req.session.destroy(() => res.end())
          }
        })
      ),
    expect({ log }) {
      assert.deepEqual(names(log, 'store.'), ['store.get', 'store.destroy', 'store.destroy'])
    }
  },
  {
    name: 'a session unset after the head went out has sent its cookie, and is not saved',
    run: (session) =>
      site(session).visit({
        handle(req, res) {
          res.write('a')
          req.session = null
          res.end('b')
        }
      }),
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.deepEqual(names(recording.log, 'store.'), [])
    }
  },
  {
    name: 'errors of destroying are passed on after the response is ended',
    run: (session) =>
      site(
        session,
        { unset: 'destroy' },
        { answers: { destroy: () => [new Error('cannot destroy')] } }
      ).visit(
        returning('known', {
          handle(req, res) {
            delete req.session
            res.end('still answered')
          }
        })
      ),
    expect({ log, body }) {
      assert.deepEqual(log.at(-1), ['next', { error: 'Error', message: 'cannot destroy' }])
      assert.ok(body.includes('still answered'))
    }
  }
]
