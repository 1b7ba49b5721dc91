'use strict'

const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { Log } = require('../log')
const { SECRET, cookieHeader } = require('../signature')
const { countingIds, storedSession } = require('../site')
const { recordingStore, TIMINGS } = require('../stores')
const { turnsUntil } = require('../turns')

// Responses as tests of applications make them, with ever less of node's own.
const RESPONSES = {
  full: (log) => ({
    headers: {},
    statusCode: 200,
    getHeader(name) {
      return this.headers[name.toLowerCase()]
    },
    setHeader(name, value) {
      this.headers[name.toLowerCase()] = value
    },
    writeHead(status) {
      log.add('res.writeHead', arguments.length, status, this.headers)
      this._header = 'sent'
    },
    _implicitHeader() {
      log.add('res._implicitHeader')
      this.writeHead(this.statusCode)
    },
    write(...args) {
      log.add('res.write', args)
      return 'wrote'
    },
    end(...args) {
      log.add('res.end', args)
      if (!this._header) this._implicitHeader()
      return 'ended'
    }
  }),
  empty: () => ({}),
  'only end': (log) => ({
    end(...args) {
      log.add('res.end', args)
      return 'ended'
    }
  }),
  'end and write, head sent': (log) => ({
    _header: 'already',
    getHeader: () => undefined,
    write(...args) {
      log.add('res.write', args)
      return true
    },
    end(...args) {
      log.add('res.end', args)
    }
  }),
  'an emitter': (log) => Object.assign(new EventEmitter(), RESPONSES.full(log)),
  frozen: (log) => Object.freeze(RESPONSES.full(log)),
  'null prototype': (log) => Object.assign(Object.create(null), RESPONSES.full(log))
}

const REQUESTS = {
  fresh: () => ({ headers: {}, url: '/' }),
  known: () => ({ headers: { cookie: cookieHeader('known') }, url: '/' }),
  'without url': () => ({ headers: {} }),
  'with a connection': () => ({ headers: {}, url: '/', connection: { encrypted: true } }),
  'without headers': () => ({ url: '/' })
}

async function drive(session, { request, response, timing, chunk, options, drop }) {
  const log = new Log()
  const { store } = recordingStore(session, log, {
    timing,
    data: { known: storedSession({ views: 1 }) }
  })
  const middleware = session({
    secret: SECRET,
    resave: false,
    saveUninitialized: true,
    genid: countingIds(),
    store,
    ...options
  })
  const req = REQUESTS[request]()
  const res = RESPONSES[response](log)
  const attempt = (name, work) => {
    try {
      log.add(name, work())
    } catch (error) {
      log.add(`${name} threw`, error)
    }
  }
  attempt('middleware', () => middleware(req, res, (...args) => log.add('next', args)))
  await turnsUntil(() => log.entries.some(([name]) => name === 'next'))
  // what parsing leaves on the request has a case of its own, next to the paths
  const added = Object.keys(req).filter((key) => key !== '_parsedUrl')
  log.add('request', added, req.session, req.sessionID)
  // after a middleware that threw nothing is asked of the response
  if (log.entries.some(([name]) => name === 'next')) {
    if (drop) req.session = null
    if (res.writeHead && response.startsWith('only')) log.add('writeHead', typeof res.writeHead)
    // without an end of its own it ends without one, see docs/differences.md
    if (response !== 'empty') attempt('end', () => res.end(...chunk))
    await turnsUntil(() => false, { most: 6 })
  }
  return log.take()
}

module.exports = [
  ...Object.keys(RESPONSES).flatMap((response) =>
    Object.keys(REQUESTS).map((request) => ({
      name: `mocks work as far as they go: response ${response}, request ${request}`,
      async run(session) {
        const recording = {}
        // an answer later than end() would make what a mock lacks an uncaught error
        const timings = response === 'full' ? Object.keys(TIMINGS) : ['sync']
        for (const timing of timings) {
          for (const chunk of [[], ['text'], [Buffer.from('bytes')]]) {
            recording[`${timing} ${String(chunk)}`] = await drive(session, {
              request,
              response,
              timing,
              chunk
            })
          }
        }
        return recording
      },
      expect(recording) {
        const log = recording['sync text']
        if (request === 'without headers') {
          assert.equal(log[0][0], 'middleware threw')
        } else if (response === 'full' && request === 'fresh') {
          const { headers } = { headers: log.find(([name]) => name === 'res.writeHead')[3] }
          assert.match(headers['set-cookie'][0], /^connect\.sid=s%3Aid1/)
          assert.ok(log.some(([name]) => name === 'res.end'))
        }
      }
    }))
  ),
  {
    name: 'a mocked response without a session is ended untouched',
    run: (session) =>
      drive(session, {
        request: 'fresh',
        response: 'only end',
        timing: 'sync',
        chunk: ['text', 'utf8'],
        drop: true
      }),
    expect(log) {
      assert.deepEqual(log.find(([name]) => name === 'res.end')[1], ['text', 'utf8'])
      assert.deepEqual(
        log.find(([name]) => name === 'end'),
        ['end', 'ended']
      )
    }
  },
  {
    name: 'a missing response or next function surfaces as an error',
    run(session) {
      const log = new Log()
      const { store } = recordingStore(session, log)
      const options = { secret: SECRET, resave: false, saveUninitialized: true, store }
      const middleware = session({ ...options, genid: countingIds() })
      const calls = {
        'no response': [REQUESTS.fresh(), undefined, () => log.add('next')],
        'no next': [REQUESTS.fresh(), RESPONSES.full(log)],
        'no request': [undefined, RESPONSES.full(log), () => log.add('next')]
      }
      for (const [label, args] of Object.entries(calls)) {
        try {
          middleware(...args)
          log.add(label, 'returned')
        } catch (error) {
          log.add(label, error)
        }
      }
      return log.take()
    },
    expect(log) {
      const of = (label) => log.find(([name]) => name === label)[1]
      assert.equal(of('no response').error, 'TypeError')
      assert.equal(of('no next').error, 'TypeError')
      assert.equal(of('no request').error, 'TypeError')
    }
  }
]
