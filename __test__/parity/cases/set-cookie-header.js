'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { plain } = require('../plain')
const { open, returning, storedSession } = require('../site')

const EARLIER = {
  none: undefined,
  text: 'a=1',
  'empty text': '',
  list: ['a=1', 'b=2'],
  'empty list': [],
  'list of one': ['a=1'],
  'the same cookie': 'connect.sid=old',
  number: 7
}

const VALUES = {
  negative: -1000,
  zero: 0,
  one: 1,
  fraction: 1500.75,
  'below a second': 749,
  'to the next second': 750,
  year: 31_536_000_000,
  'the largest date': 8.64e15 - Date.UTC(2030, 0, 1, 12, 0, 0, 250),
  'beyond dates': 8.64e15,
  'max safe integer': Number.MAX_SAFE_INTEGER,
  infinite: Infinity,
  NaN,
  false: false,
  null: null,
  undefined: undefined,
  'empty text': '',
  date: new Date(Date.UTC(2031, 5, 6, 7, 8, 9)),
  'invalid date': new Date(NaN),
  text: '60000',
  true: true,
  list: [60_000],
  bigint: 1n
}

const EXPIRES = {
  date: new Date(Date.UTC(2031, 5, 6, 7, 8, 9)),
  past: new Date(0),
  'date text': '2031-06-06T07:08:09.000Z',
  'other text': 'soon',
  'invalid date': new Date(NaN),
  number: 1.9e12,
  null: null,
  undefined: undefined,
  false: false,
  'date of another realm': require('node:vm').runInNewContext('new Date(1.9e12)'),
  object: { toUTCString: () => 'Fri, 06 Jun 2031 07:08:09 GMT' }
}

// Sets a property of the session's cookie, and looks at it after that.
function setting(name, value) {
  return (req, res, log) => {
    const { cookie } = req.session
    log.attempt(() => {
      cookie[name] = value
      log.add('set')
    })
    log.add('now', cookie.maxAge, cookie.expires, cookie.originalMaxAge, plain(cookie.data))
    req.session.changed = true
    res.end()
  }
}

async function freshAndKnown(session, handle, options) {
  const site = open(session, {
    options: { rolling: true, ...options },
    store: { data: { known: storedSession({}, { originalMaxAge: 60_000 }) } }
  })
  return [await site.visit({ handle }), await site.visit(returning('known', { handle }))]
}

module.exports = [
  ...Object.entries(EARLIER).map(([label, value]) => ({
    name: `the cookie is added to the Set-Cookie headers there are: ${label}`,
    run(session) {
      return open(session).visit({
        handle(req, res, log) {
          if (value !== undefined) res.setHeader('set-cookie', value)
          res.setHeader('X-After', '1')
          res.writeHead(200)
          log.add('header', res.getHeader('Set-Cookie'), res.getHeaderNames())
          res.end('ok')
        }
      })
    },
    expect(recording) {
      const earlier = value === '' ? [] : [value ?? []].flat().map(String)
      const values = setCookies(recording)
      assert.deepEqual(values.slice(0, -1), earlier)
      assert.match(values.at(-1), /^connect\.sid=s%3Aid1/)
    }
  })),
  ...Object.entries(VALUES).map(([label, maxAge]) => ({
    name: `cookie.maxAge set in a handler: ${label}`,
    run: (session) => freshAndKnown(session, setting('maxAge', maxAge)),
    expect(answers) {
      for (const { log } of answers) {
        const threw = log.find(([name]) => name === 'threw')
        const refused = ['text', 'true', 'list', 'bigint'].includes(label)
        assert.equal(threw?.[1].message, refused ? 'maxAge must be a number or Date' : undefined)
      }
    }
  })),
  ...Object.entries(VALUES).map(([label, maxAge]) => ({
    name: `cookie.originalMaxAge set in a handler: ${label}`,
    run: (session) => freshAndKnown(session, setting('originalMaxAge', maxAge)),
    expect(answers) {
      assert.equal(answers.length, 2)
      assert.ok(answers.every(({ log }) => log.some(([name]) => name === 'set')))
    }
  })),
  ...Object.entries(EXPIRES).map(([label, expires]) => ({
    name: `cookie.expires set in a handler: ${label}`,
    run: (session) => freshAndKnown(session, setting('expires', expires)),
    expect([fresh]) {
      const usable = ['date', 'past', 'number', 'null', 'undefined', 'false']
      assert.equal(setCookies(fresh).length, usable.includes(label) ? 1 : 0)
    }
  })),
  ...Object.entries({
    path: '/else',
    domain: 'else.example',
    httpOnly: false,
    sameSite: 'strict',
    priority: 'high',
    partitioned: true,
    _expires: new Date(1.9e12)
  }).map(([name, value]) => ({
    name: `a cookie property set in a handler is sent and stored: ${name}`,
    async run(session) {
      const handle = setting(name, value)
      const site = open(session)
      return { ...(await site.visit({ handle })), contents: site.contents() }
    },
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      const field = name === '_expires' ? 'expires' : name
      const { cookie } = JSON.parse(recording.contents.id1)
      assert.ok(field in cookie)
    }
  })),
  {
    name: 'maxAge counts from the end of the request, and keeps its original value',
    async run(session, { clock }) {
      const site = open(session, { options: { cookie: { maxAge: 60_000 } } })
      const seen = []
      const handle = (req, res) => {
        seen.push(plain([req.session.cookie.maxAge, req.session.cookie.originalMaxAge]))
        clock.advance(7000)
        seen.push(plain([req.session.cookie.maxAge, req.session.cookie.originalMaxAge]))
        req.session.views = (req.session.views ?? 0) + 1
        res.end()
      }
      const first = await site.visit({ handle })
      clock.advance(20_000)
      const second = await site.visit(returning('id1', { handle }))
      return { first, second, seen, contents: site.contents() }
    },
    expect({ first, second, seen }) {
      assert.match(setCookies(first)[0], /Expires=Tue, 01 Jan 2030 12:01:07 GMT/)
      assert.match(setCookies(second)[0], /Expires=Tue, 01 Jan 2030 12:01:34 GMT/)
      assert.deepEqual(seen, [
        [60_000, 60_000],
        [53_000, 60_000],
        [40_000, 60_000],
        [33_000, 60_000]
      ])
    }
  },
  {
    name: 'the cookie is touched only once, at the head or at the end',
    async run(session, { clock }) {
      const site = open(session, { options: { cookie: { maxAge: 60_000 } } })
      return site.visit({
        handle(req, res, log) {
          res.writeHead(200)
          log.add('expires', req.session.cookie.expires)
          clock.advance(5000)
          res.end('x')
          log.add('expires', req.session.cookie.expires)
        }
      })
    },
    expect({ log }) {
      const [first, second] = log.filter(([name]) => name === 'expires')
      assert.deepEqual(first, second)
    }
  },
  {
    name: 'a session replaced as a whole cookie object is sent as far as it goes',
    async run(session) {
      const recording = {}
      const cookies = {
        'plain data': { data: { path: '/plain' } },
        empty: {},
        missing: undefined,
        'another Cookie': new session.Cookie({ path: '/other', maxAge: 1000 })
      }
      for (const [label, cookie] of Object.entries(cookies)) {
        recording[label] = await open(session).visit({
          handle(req, res) {
            req.session.cookie = cookie
            res.end()
          }
        })
      }
      return recording
    },
    expect(recording) {
      assert.match(setCookies(recording['another Cookie'])[0], /Path=\/other; Expires=/)
      assert.match(setCookies(recording['plain data'])[0], /; Path=\/plain$/)
      assert.equal(
        recording.missing.log.find(([name]) => name === 'handler threw')[0],
        'handler threw'
      )
    }
  }
]
