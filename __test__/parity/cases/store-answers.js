'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning, storedSession } = require('../site')
const { TIMINGS } = require('../stores')

const error = (properties) => Object.assign(new Error('store failed'), properties)

const GET_ANSWERS = {
  error: () => [error()],
  'error with a code': () => [error({ code: 'E_DOWN' })],
  'error and a session': () => [error(), storedSession({ user: 'ignored' })],
  ENOENT: () => [error({ code: 'ENOENT' })],
  'ENOENT and a session': () => [error({ code: 'ENOENT' }), storedSession({ user: 'ignored' })],
  'text as error': () => ['failed'],
  'object with code as error': () => [{ code: 'ENOENT' }],
  'false as error': () => [false, storedSession({ user: 'tobi' })],
  'no arguments': () => [],
  'undefined session': () => [null, undefined],
  'false session': () => [null, false],
  'zero session': () => [null, 0],
  'empty text session': () => [null, ''],
  'more arguments': () => [null, storedSession({ user: 'tobi' }), 'more', 3],
  'without cookie': () => [null, { user: 'tobi' }],
  'null cookie': () => [null, { cookie: null }],
  'text as cookie': () => [null, { cookie: 'text' }],
  'number as cookie': () => [null, { cookie: 7 }],
  'empty cookie': () => [null, { cookie: {}, user: 'tobi' }],
  'list as session': () => [null, []],
  'text as session': () => [null, JSON.stringify(storedSession())],
  'true as session': () => [null, true],
  'frozen session': () => [null, Object.freeze(storedSession({ user: 'tobi' }))],
  'frozen cookie': () => [null, { user: 'tobi', cookie: Object.freeze({ path: '/' }) }],
  'expires as date': () => [null, storedSession({}, { expires: new Date(1.9e12) })],
  'expires as text': () => [null, storedSession({}, { expires: '2030-03-17T17:46:40.000Z' })],
  'expires as odd text': () => [null, storedSession({}, { expires: 'whenever' })],
  'expires as empty text': () => [null, storedSession({}, { expires: '' })],
  'expires as number': () => [null, storedSession({}, { expires: 1.9e12 })],
  'expires false': () => [null, storedSession({}, { expires: false })],
  'expires in the past': () => [null, storedSession({}, { expires: '2001-01-01T00:00:00.000Z' })],
  'maxAge instead of expires': () => [null, { cookie: { maxAge: 5000 } }],
  'maxAge as text': () => [null, { cookie: { maxAge: '5000' } }],
  'originalMaxAge as text': () => [null, storedSession({}, { originalMaxAge: '5000' })],
  'originalMaxAge undefined': () => [null, { cookie: { originalMaxAge: undefined } }],
  'more cookie properties': () => [
    null,
    storedSession({}, { foo: 'bar', data: 7, priority: 'low' })
  ],
  'a session with reserved names': () => [
    null,
    storedSession({ id: 'x', req: 'y', save: 'z', touch: 1, user: 'tobi' })
  ],
  'a session with inherited data': () => [
    null,
    Object.assign(Object.create({ inherited: true, user: 'proto' }), storedSession())
  ],
  never: () => 'never'
}

const THROWS = {
  'error thrown': () => {
    throw error({ code: 'E_SYNC' })
  },
  'ENOENT thrown': () => {
    throw error({ code: 'ENOENT' })
  },
  'text thrown': () => {
    throw 'just text'
  }
}

function handle(req, res, log) {
  log.add('session', req.session, req.sessionID, req.session?.cookie?.data)
  if (req.session) req.session.visited = true
  res.end('seen')
}

const COMMITS = {
  set: (req) => (req.session.user = 'changed'),
  touch() {},
  destroy: (req) => (req.session = null)
}

const COMMIT_ANSWERS = {
  error: () => [error()],
  ENOENT: () => [error({ code: 'ENOENT' })],
  'text as error': () => ['failed'],
  'more arguments': () => [null, 'more', {}],
  never: () => 'never',
  ...THROWS
}

const known = () => ({ known: storedSession({ views: 1 }, { originalMaxAge: 60_000 }) })

module.exports = [
  ...Object.entries({ ...GET_ANSWERS, ...THROWS }).map(([label, get]) => ({
    name: `what get() of a store answers is taken alike: ${label}`,
    async run(session) {
      const recording = {}
      for (const timing of Object.keys(TIMINGS)) {
        for (const rolling of [true, false]) {
          const site = open(session, {
            options: { rolling, cookie: { maxAge: 60_000 } },
            store: { timing, answers: { get } }
          })
          recording[`${timing} ${rolling}`] = await site.visit(returning('known', { handle }))
        }
      }
      return recording
    },
    expect(recording) {
      const { log } = recording['sync true']
      const [name, first] = log.find(([entry]) => /^next|threw$/.test(entry)) ?? []
      if (label.endsWith('thrown')) assert.equal(name, 'middleware threw')
      else if (label === 'never') assert.equal(name, undefined)
      else assert.equal(name, 'next')
      if (label.startsWith('error') && !label.endsWith('thrown')) {
        assert.equal(first.message, 'store failed')
      }
      if (label.startsWith('ENOENT') && !label.endsWith('thrown')) assert.equal(first, undefined)
    }
  })),
  ...Object.entries(COMMITS).flatMap(([method, change]) =>
    Object.entries(COMMIT_ANSWERS).map(([label, answer]) => ({
      name: `what ${method}() of a store answers is taken alike: ${label}`,
      async run(session) {
        const recording = {}
        for (const timing of Object.keys(TIMINGS)) {
          for (const length of [undefined, 6]) {
            const site = open(session, {
              options: { unset: 'destroy' },
              store: { timing, data: known(), answers: { [method]: answer } }
            })
            recording[`${timing} ${length}`] = await site.visit(
              returning('known', {
                handle(req, res, log) {
                  change(req)
                  if (length) res.setHeader('Content-Length', length)
                  log.add('end', res.end('answer'))
                }
              })
            )
          }
        }
        return recording
      },
      expect(recording) {
        for (const { log, finished } of Object.values(recording)) {
          assert.deepEqual(names(log, 'store.'), ['store.get', `store.${method}`])
          assert.equal(finished, label !== 'never' && !label.endsWith('thrown'))
        }
        if (label === 'error') {
          const errors = recording['sync undefined'].log.filter(([, first]) => first?.error)
          assert.deepEqual(errors, [['next', { error: 'Error', message: 'store failed' }]])
        }
      }
    }))
  ),
  {
    name: 'a callback of the store called twice is taken alike',
    async run(session) {
      const recording = {}
      for (const method of ['get', 'set', 'touch', 'destroy']) {
        const site = open(session, { options: { unset: 'destroy' }, store: { data: known() } })
        const single = site.store[method]
        site.store[method] = function (...args) {
          const callback = args.pop()
          single.call(this, ...args, (...results) => {
            callback(...results)
            callback(...results)
          })
        }
        recording[method] = await site.visit(
          returning('known', {
            handle(req, res) {
              if (method !== 'get') COMMITS[method](req)
              res.end('twice')
            }
          })
        )
      }
      return recording
    },
    expect({ get, set }) {
      assert.equal(names(get.log, 'next').length, 2)
      assert.ok(set.body.includes('twice'))
    }
  },
  {
    name: 'a failing save still sends the answer and the cookie',
    run: (session) =>
      open(session, { store: { timing: 'immediate', answers: { set: () => [error()] } } }).visit(),
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.ok(recording.body.includes('ok'))
      assert.equal(names(recording.log, 'next').length, 2)
    }
  },
  {
    name: 'the answer is held back until the store has answered, apart from its last byte',
    async run(session) {
      const recording = {}
      for (const [label, length] of Object.entries({ chunked: undefined, known: 5 })) {
        const held = []
        const site = open(session, {
          store: { answers: { set: (...args) => (held.push(args), 'never') } }
        })
        recording[label] = await site.visit({
          handle(req, res) {
            if (length) res.setHeader('Content-Length', length)
            res.end('hello')
          }
        })
        recording[label].held = held.length
      }
      return recording
    },
    expect({ chunked, known: split }) {
      assert.equal(split.body, 'hell')
      assert.ok(chunked.body.startsWith('5\r\nhello\r\n') && !chunked.body.includes('\r\n0\r\n'))
      assert.ok(!split.finished && !chunked.finished)
    }
  }
]
