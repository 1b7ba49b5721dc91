'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning } = require('../site')

const VALUES = {
  'plain text': 'abc',
  'with dots': 'a.b.c',
  'with reserved characters': 'a b;c,d"e\\f=%41',
  'non-ASCII': 'ünï-€-🙂',
  'starting like a signed one': 's:abc',
  long: 'x'.repeat(3000),
  'control characters': 'a\u0000\u001f\n\tb',
  'two lines of text with a lone surrogate': 'a\nb\ud800',
  empty: '',
  number: 42,
  zero: 0,
  null: null,
  undefined: undefined,
  object: { id: 1 },
  true: true
}

module.exports = [
  ...Object.entries(VALUES).flatMap(([label, value]) =>
    [true, false].map((saveUninitialized) => ({
      name: `ids made by the application can be: ${label}, saveUninitialized ${saveUninitialized}`,
      async run(session) {
        const site = open(session, { options: { genid: () => value, saveUninitialized } })
        return site.visit({
          handle(req, res, log) {
            log.add('ids', req.sessionID, req.session.id)
            if (!saveUninitialized) req.session.user = 'tobi'
            res.end('done')
          }
        })
      },
      expect(recording) {
        const good = typeof value === 'string' && !/\ud800/.test(value)
        if (typeof value === 'string') {
          assert.equal(names(recording.log, 'store.set').length, 1)
          assert.equal(setCookies(recording).length, good ? 1 : 0)
        } else {
          assert.deepEqual(names(recording.log, 'store.'), [])
          assert.deepEqual(setCookies(recording), [])
        }
      }
    }))
  ),
  {
    name: 'genid is called once per new session, with the request',
    async run(session) {
      const calls = []
      const genid = function (...args) {
        calls.push([args.length, args[0].url, typeof this])
        return `made-${calls.length}`
      }
      const site = open(session, { options: { genid } })
      const fresh = await site.visit({ url: '/a' })
      const again = await site.visit(returning('made-1', { url: '/b' }))
      const unknown = await site.visit(returning('unknown', { url: '/c' }))
      return { calls, fresh, again, unknown }
    },
    expect({ calls }) {
      assert.deepEqual(
        calls.map(([count, url]) => [count, url]),
        [
          [1, '/a'],
          [1, '/c']
        ]
      )
    }
  },
  {
    name: 'genid throwing is thrown by the middleware when there was no cookie, passed on otherwise',
    async run(session) {
      const genid = () => {
        throw Object.assign(new RangeError('no more ids'), { code: 'E_IDS' })
      }
      const site = open(session, { options: { genid } })
      return { fresh: await site.visit(), unknown: await site.visit(returning()) }
    },
    expect({ fresh, unknown }) {
      const error = { error: 'RangeError', message: 'no more ids', code: 'E_IDS' }
      assert.deepEqual(fresh.log, [['middleware threw', error]])
      assert.deepEqual(unknown.log.at(-1), ['next', error])
    }
  },
  {
    name: 'the ids made by default are 32 url-safe characters and all different',
    async run(session) {
      const site = open(session, { options: { genid: undefined } })
      const ids = new Set()
      let wellFormed = true
      for (let count = 0; count < 50; count++) {
        await site.visit({
          handle(req, res) {
            ids.add(req.sessionID)
            wellFormed &&= /^[\w-]{32}$/.test(req.sessionID)
            res.end()
          }
        })
      }
      return { different: ids.size, wellFormed }
    },
    expect(recording) {
      assert.deepEqual(recording, { different: 50, wellFormed: true })
    }
  }
]
