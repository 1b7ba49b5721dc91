'use strict'

const assert = require('node:assert/strict')
const { createSecretKey } = require('node:crypto')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { outcome } = require('../plain')
const { cookieHeader, signed } = require('../signature')
const { open, storedSession } = require('../site')

const BYTES = Buffer.from('00ff80c3a9e282ac', 'hex')

const KEYS = {
  string: 'keyboard cat',
  'non-ASCII string': 'sécret €🙂',
  'lone surrogate': 'a\ud800b',
  'one character': 'k',
  'long string': 'long '.repeat(4000),
  buffer: BYTES,
  'empty buffer': Buffer.alloc(0),
  Uint8Array: new Uint8Array(BYTES),
  Uint16Array: new Uint16Array([1, 513, 65535]),
  'view at an offset': new Uint8Array(Buffer.from('xxsecretyy')).subarray(2, 8),
  DataView: new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  ArrayBuffer: new Uint8Array([5, 6, 7]).buffer,
  KeyObject: createSecretKey(BYTES)
}

const BAD = {
  number: 42,
  true: true,
  object: {},
  date: new Date(0),
  'array of null': [null],
  'array of number': ['good', 7],
  'array of empty string': ['']
}

const visitor = (secret) => ({ headers: { cookie: cookieHeader('known', { secret }) } })

const stored = () => ({ data: { known: storedSession({ user: 'tobi' }) } })

function answerUser(req, res) {
  res.end(`${req.session.user} ${req.sessionID}`)
}

module.exports = [
  ...Object.entries(KEYS).map(([label, secret]) => ({
    name: `a secret can be given as: ${label}`,
    async run(session) {
      const site = open(session, { options: { secret }, store: stored() })
      return {
        fresh: await site.visit(),
        known: await site.visit({ ...visitor(secret), handle: answerUser }),
        other: await site.visit({ ...visitor('not it'), handle: answerUser })
      }
    },
    expect({ fresh, known, other }) {
      const value = encodeURIComponent(signed('id1', secret))
      assert.deepEqual(setCookies(fresh), [`connect.sid=${value}; Path=/; HttpOnly`])
      assert.ok(known.body.includes('tobi known'))
      assert.ok(other.body.includes('undefined id2'))
    }
  })),
  ...Object.entries(BAD).map(([label, secret]) => ({
    name: `a secret which cannot sign makes its errors where signing happens: ${label}`,
    async run(session) {
      const site = open(session, { options: { secret }, store: stored() })
      return {
        fresh: await site.visit(),
        known: await site.visit({ ...visitor('good'), handle: answerUser }),
        unsigned: await site.visit({ headers: { cookie: 'connect.sid=plain' } })
      }
    },
    expect({ fresh }) {
      if (['array of empty string', 'array of number'].includes(label)) {
        assert.equal(setCookies(fresh).length, 1)
        return
      }
      assert.equal(setCookies(fresh).length, 0)
      assert.equal(fresh.log.at(-1)[0], 'next')
      assert.equal(fresh.log.at(-1)[1].error, 'TypeError')
    }
  })),
  {
    name: 'all secrets of a list verify, and the first one signs',
    async run(session) {
      const secret = ['newest', BYTES, createSecretKey(Buffer.from('third')), 'oldest']
      const site = open(session, { options: { secret, rolling: true }, store: stored() })
      const recording = {}
      for (const [index, used] of ['newest', BYTES, 'third', 'oldest', 'never'].entries()) {
        recording[index] = await site.visit({ ...visitor(used), handle: answerUser })
      }
      return recording
    },
    expect(recording) {
      const value = encodeURIComponent(signed('known', 'newest'))
      for (const index of [0, 1, 2, 3]) {
        assert.deepEqual(setCookies(recording[index]), [`connect.sid=${value}; Path=/; HttpOnly`])
      }
      assert.match(setCookies(recording[4])[0], /s%3Aid1\./)
    }
  },
  {
    name: 'secrets pushed to the list later are used as well',
    async run(session) {
      const secret = ['one']
      const site = open(session, { options: { secret }, store: stored() })
      const before = await site.visit({ ...visitor('two'), handle: answerUser })
      secret.unshift('two')
      const after = await site.visit({ ...visitor('two'), handle: answerUser })
      return { before, after, fresh: await site.visit() }
    },
    expect({ before, after, fresh }) {
      assert.ok(before.body.includes('undefined'))
      assert.ok(after.body.includes('tobi known'))
      assert.ok(setCookies(fresh)[0].includes(encodeURIComponent(signed('id2', 'two'))))
    }
  },
  {
    name: 'bytes of a secret changed later change the signatures',
    async run(session) {
      const secret = Buffer.from('aaaa')
      const site = open(session, { options: { secret } })
      const before = await site.visit()
      secret.write('bbbb')
      return { before, after: await site.visit() }
    },
    expect({ after }) {
      assert.ok(setCookies(after)[0].includes(encodeURIComponent(signed('id2', 'bbbb'))))
    }
  },
  {
    name: 'without a secret option the request’s own secret is used',
    async run(session) {
      const recording = {}
      for (const secret of ['mine', Buffer.from('mine'), 7, {}, '', undefined]) {
        const site = open(session, { options: { secret: undefined }, store: stored() })
        const prepare = (req) => {
          req.secret = secret
        }
        const label = `${typeof secret} ${String(secret)}`
        recording[label] = [
          await site.visit({ prepare }),
          await site.visit({ ...visitor('mine'), prepare, handle: answerUser })
        ]
      }
      return recording
    },
    expect(recording) {
      assert.equal(setCookies(recording['string mine'][0]).length, 1)
      assert.ok(recording['string mine'][1].body.includes('tobi known'))
      for (const label of ['undefined undefined', 'string ']) {
        const [{ log }] = recording[label]
        assert.deepEqual(log, [
          ['next', { error: 'Error', message: 'secret option required for sessions' }]
        ])
      }
    }
  },
  {
    name: 'an empty secret string counts as none',
    run(session) {
      return open(session, { options: { secret: '' } }).visit()
    },
    expect({ log }) {
      assert.equal(log[0][1].message, 'secret option required for sessions')
      assert.deepEqual(names(log), ['next'])
    }
  },
  {
    name: 'the request’s secret is ignored when there is an option',
    run(session) {
      return open(session).visit({
        prepare(req) {
          req.secret = 'other'
        }
      })
    },
    expect(recording) {
      assert.ok(setCookies(recording)[0].includes(encodeURIComponent(signed('id1'))))
    }
  },
  {
    name: 'a session without a secret is refused only for requests it is about',
    async run(session) {
      const site = open(session, { options: { secret: null, cookie: { path: '/in' } } })
      return {
        within: await site.visit({ url: '/in' }),
        outside: await site.visit({ url: '/out' }),
        made: outcome(() => session({ secret: false, resave: false, saveUninitialized: false }))
      }
    },
    expect({ within, outside }) {
      assert.equal(within.log[0].length, 2)
      assert.deepEqual(outside.log, [['next']])
    }
  }
]
