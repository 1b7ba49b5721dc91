'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { open, returning, storedSession } = require('../site')
const { TIMINGS } = require('../stores')

const BYTES = Buffer.from('c3a9e282acff00', 'hex')

const HANDLERS = {
  'end without anything': (res) => res.end(),
  'end with undefined': (res) => res.end(undefined),
  'end with null': (res) => res.end(null),
  'end with text': (res) => res.end('hello'),
  'end with empty text': (res) => res.end(''),
  'end with one character': (res) => res.end('x'),
  'end with non-ASCII text': (res) => res.end('é€🙂'),
  'end with latin1 text': (res) => res.end('éè', 'latin1'),
  'end with hex text': (res) => res.end('68690a', 'hex'),
  'end with base64 text': (res) => res.end('aGVsbG8=', 'base64'),
  'end with bytes': (res) => res.end(BYTES),
  'end with no bytes': (res) => res.end(Buffer.alloc(0)),
  'end with Uint8Array': (res) => res.end(new Uint8Array(BYTES)),
  'end with zero': (res) => res.end(0),
  'end with false': (res) => res.end(false),
  'end with a long text': (res) => res.end('long '.repeat(30_000)),
  'end twice': (res, log) => {
    log.add('first', res.end('once'))
    return res.end('twice')
  },
  'end thrice with write': (res, log) => {
    log.add('first', res.end('once'))
    log.add('write', res.write('late'))
    return res.end()
  },
  'write then end': (res, log) => {
    log.add('write', res.write('a'))
    return res.end('b')
  },
  'write then end without anything': (res) => {
    res.write('a')
    return res.end()
  },
  'write bytes and text': (res) => {
    res.write(BYTES)
    res.write('text', 'latin1')
    return res.end('é', 'utf8')
  },
  'flushHeaders then end': (res) => {
    res.flushHeaders()
    return res.end('flushed')
  },
  'status 201 and message': (res) => {
    res.statusCode = 201
    res.statusMessage = 'Made It'
    return res.end('x')
  },
  'status 204': (res) => {
    res.statusCode = 204
    return res.end()
  },
  'status 204 with a body': (res) => {
    res.statusCode = 204
    return res.end('ignored')
  },
  'status 304': (res) => {
    res.statusCode = 304
    return res.end()
  },
  'status 304 with a body': (res) => {
    res.statusCode = 304
    return res.end('ignored')
  },
  'header removed': (res) => {
    res.setHeader('X-A', '1')
    res.removeHeader('X-A')
    res.removeHeader('Transfer-Encoding')
    return res.end('x')
  },
  trailers: (res) => {
    res.setHeader('Trailer', 'X-T')
    res.write('a')
    res.addTrailers({ 'X-T': '1' })
    return res.end()
  },
  'writable state': (res, log) => {
    const returned = res.end('x')
    log.add('state', res.headersSent, res.writableEnded, res.finished, res._header !== null)
    return returned
  }
}

// What node refuses to write. An answer later than the call would make it an uncaught error.
const REFUSED = {
  'a bad encoding': ['hello', 'nope'],
  'a number': [7],
  'zero bytes of no type': [{}],
  true: [true]
}

const LENGTHS = {
  exact: (body) => Buffer.byteLength(body),
  'as text': (body) => String(Buffer.byteLength(body)),
  zero: () => 0,
  negative: () => -1,
  'no number': () => 'many',
  'too long': (body) => Buffer.byteLength(body) + 3,
  'too short': (body) => Math.max(Buffer.byteLength(body) - 1, 1),
  list: (body) => [String(Buffer.byteLength(body))]
}

const BODIES = ['', 'x', 'hello', 'é', '🙂 ok']

// New sessions are saved, known ones touched or left alone, and without one the end is plain.
const SESSIONS = {
  saved: {},
  touched: returning('known'),
  'left alone': { ...returning('known'), touch: false },
  none: { unset: true },
  destroyed: { ...returning('known'), unset: true }
}

const known = storedSession({ views: 1 })

async function everyWay(session, act, request = {}) {
  const recording = {}
  for (const [label, { unset, touch, ...kind }] of Object.entries(SESSIONS)) {
    for (const timing of Object.keys(TIMINGS)) {
      const site = open(session, {
        options: { unset: label === 'destroyed' ? 'destroy' : 'keep' },
        store: { timing, touch, data: { known } }
      })
      recording[`${label} ${timing}`] = await site.visit({
        ...request,
        ...kind,
        handle(req, res, log) {
          if (unset) req.session = null
          res.on('error', (error) => log.add('error event', error))
          log.add('end returned', act(res, log))
        }
      })
    }
  }
  return recording
}

module.exports = [
  ...Object.entries(HANDLERS).map(([label, act]) => ({
    name: `the response ends alike: ${label}`,
    run: (session) => everyWay(session, act),
    expect(recording) {
      const { head, body, log } = recording['saved immediate']
      assert.ok(head.length > 0 || log.some(([name]) => name === 'handler threw'))
      if (label === 'end with text') assert.equal(body, '5\r\nhello\r\n0\r\n\r\n')
      if (label === 'end with bytes') assert.ok(body.includes(BYTES.toString('latin1')))
    }
  })),
  ...['HEAD', 'POST', 'OPTIONS'].map((method) => ({
    name: `the response of a ${method} request ends alike`,
    async run(session) {
      const recording = {}
      for (const label of [
        'end with text',
        'write then end',
        'status 304',
        'end without anything'
      ]) {
        recording[label] = await everyWay(session, HANDLERS[label], { method })
      }
      return recording
    },
    expect(recording) {
      const { body } = recording['end with text']['saved sync']
      assert.equal(body.includes('hello'), method !== 'HEAD')
    }
  })),
  ...Object.entries(LENGTHS).map(([label, length]) => ({
    name: `a body with a Content-Length is sent whole: ${label}`,
    async run(session) {
      const recording = {}
      for (const body of BODIES) {
        for (const chunk of [body, Buffer.from(body)]) {
          const act = (res) => {
            res.setHeader('Content-Length', length(body))
            return res.end(chunk)
          }
          recording[`${typeof chunk} ${body}`] = await everyWay(session, act)
        }
      }
      return recording
    },
    expect(recording) {
      if (label !== 'exact') return
      for (const body of BODIES) {
        const bytes = Buffer.from(body).toString('latin1')
        for (const answer of Object.values(recording[`string ${body}`])) {
          assert.equal(answer.body, bytes)
        }
      }
    }
  })),
  ...Object.entries(REFUSED).map(([label, args]) => ({
    name: `what cannot be written is refused by end(): ${label}`,
    async run(session) {
      const recording = {}
      for (const length of [undefined, 5]) {
        recording[String(length)] = await open(session).visit({
          handle(req, res) {
            if (length) res.setHeader('Content-Length', length)
            res.end(...args)
          }
        })
      }
      return recording
    },
    expect(recording) {
      const threw = recording.undefined.log.find(([name]) => name === 'handler threw')
      assert.equal(threw[1].error, 'TypeError')
    }
  })),
  {
    name: 'end() returns what the store’s timing makes of it',
    async run(session) {
      const recording = {}
      for (const timing of Object.keys(TIMINGS)) {
        for (const [label, chunk] of Object.entries({ none: undefined, text: 'hello' })) {
          const site = open(session, { store: { timing } })
          recording[`${timing} ${label}`] = await site.visit({
            handle(req, res, log) {
              const [first, second] = [res.end(chunk), res.end(chunk)]
              log.add('returned', first, second)
            }
          })
        }
      }
      return recording
    },
    expect(recording) {
      const returned = ({ log }) => log.find(([name]) => name === 'returned').slice(1)
      assert.deepEqual(returned(recording['sync text']), ['<response>', false])
      assert.deepEqual(returned(recording['immediate none']), [true, false])
      assert.equal(typeof returned(recording['immediate text'])[0], 'boolean')
    }
  },
  {
    name: 'end() called later than its request still commits the session',
    run: (session) =>
      open(session, { store: { timing: 'immediate' } }).visit({
        async handle(req, res) {
          await new Promise((resolve) => setImmediate(resolve))
          req.session.late = true
          res.end('late')
        }
      }),
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.ok(recording.body.includes('late'))
    }
  }
]
