'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { outcome, plain } = require('../plain')
const { open, returning, storedSession } = require('../site')

const OPTIONS = {
  none: {},
  domain: { domain: 'Example.com' },
  'dotted domain': { domain: '.sub.example.com' },
  'path /app': { path: '/app' },
  'domain number': { domain: 7 },
  'expires number': { expires: 1.9e12 },
  'no httpOnly': { httpOnly: false },
  'httpOnly 1': { httpOnly: 1 },
  secure: { secure: true },
  partitioned: { partitioned: true },
  'partitioned text': { partitioned: 'yes' },
  'priority low': { priority: 'low' },
  'priority MEDIUM': { priority: 'MEDIUM' },
  'priority High': { priority: 'High' },
  'priority empty': { priority: '' },
  'sameSite true': { sameSite: true },
  'sameSite false': { sameSite: false },
  'sameSite Lax': { sameSite: 'Lax' },
  'sameSite STRICT': { sameSite: 'STRICT' },
  'sameSite none': { sameSite: 'none' },
  'maxAge 1000': { maxAge: 1000 },
  'expires date': { expires: new Date(1.9e12) },
  'expires in the year 12345': { expires: new Date(Date.UTC(12345, 1, 2)) },
  'expires before the epoch': { expires: new Date(-1e12) },
  'expires in the year -1': { expires: new Date(Date.UTC(-1, 0, 1)) },
  'expires null': { expires: null },
  'expires false': { expires: false },
  'expires 0': { expires: 0 },
  'maxAge after expires': { expires: new Date(1.9e12), maxAge: 5000 },
  'expires after maxAge': { maxAge: 5000, expires: new Date(1.9e12) },
  'originalMaxAge given': { originalMaxAge: 7000, maxAge: 1000 },
  everything: {
    sameSite: 'lax',
    priority: 'high',
    partitioned: true,
    secure: true,
    httpOnly: true,
    maxAge: 3600000,
    path: '/',
    domain: 'a.example'
  },
  unknown: { encode: String, foo: 'bar', data: { path: '/data' } },
  'null prototype': Object.assign(Object.create(null), { maxAge: 1000 }),
  'inherited values': Object.create({ domain: 'inherited.example', maxAge: 1000 }),
  undefineds: { path: undefined, httpOnly: undefined, maxAge: undefined, domain: undefined }
}

const FAILING = {
  'domain with a space': { domain: 'exa mple.com' },
  'domain with a semicolon': { domain: 'a.com; Path=/x' },
  'path with a semicolon': { path: '/a;b' },
  'path non-ASCII': { path: '/é' },
  'expires text': { expires: 'tomorrow' },
  'expires invalid date': { expires: new Date(NaN) },
  'sameSite other': { sameSite: 'sometimes' },
  'sameSite number': { sameSite: 1 },
  'sameSite object': { sameSite: {} },
  'priority other': { priority: 'urgent' },
  'priority number': { priority: 1 },
  'maxAge text': { maxAge: '5 minutes' },
  'maxAge object': { maxAge: {} },
  'maxAge true': { maxAge: true }
}

const within = (options) => (typeof options.path === 'string' ? options.path : '/')

function visits(session, options, cookie) {
  const stored = storedSession({ views: 1 }, { maxAge: undefined })
  const site = open(session, {
    options: { cookie, rolling: true },
    store: { data: { known: stored } }
  })
  return async () => ({
    made: await site.visit({
      url: within(options),
      encrypted: true,
      handle(req, res, log) {
        log.add(
          'cookie',
          req.session.cookie,
          outcome(() => req.session.cookie.serialize('n', 'v'))
        )
        log.add('data', plain(req.session.cookie.data))
        res.end('made')
      }
    }),
    known: await site.visit(returning('known', { url: within(options), encrypted: true }))
  })
}

module.exports = [
  ...Object.entries(OPTIONS).flatMap(([label, options]) => [
    {
      name: `the Set-Cookie header follows the cookie options: ${label}`,
      run: (session) => visits(session, options, options)(),
      expect({ made }) {
        assert.equal(setCookies(made).length, 1)
        assert.match(setCookies(made)[0], /^connect\.sid=s%3Aid1\.[\w%]+/)
      }
    },
    {
      name: `a cookie function gives the same as its result would: ${label}`,
      run: (session) => visits(session, options, () => options)(),
      expect({ made }) {
        assert.equal(setCookies(made).length, 1)
      }
    }
  ]),
  ...Object.entries(FAILING).map(([label, options]) => ({
    name: `cookie options which cannot be serialized surface as errors: ${label}`,
    run: (session) => visits(session, options, options)(),
    expect({ made }) {
      assert.equal(setCookies(made).length, 0)
      const [name, error] = made.log.at(-1)
      assert.ok(['next', 'middleware threw', 'handler threw'].includes(name))
      assert.equal(error.error, 'TypeError')
    }
  })),
  {
    name: 'a cookie name which is no token surfaces as an error after the response',
    async run(session) {
      const recording = {}
      for (const name of ['a b', 'a=b', 'é', 'a;b', '\n']) {
        recording[name] = await open(session, { options: { name } }).visit()
      }
      return recording
    },
    expect(recording) {
      for (const { log, head } of Object.values(recording)) {
        assert.deepEqual(log.at(-1)[1], { error: 'TypeError', message: 'argument name is invalid' })
        assert.equal(head[0], 'HTTP/1.1 200 OK')
      }
    }
  },
  {
    name: 'all attributes are written in the usual order',
    run: (session) => visits(session, OPTIONS.everything, OPTIONS.everything)(),
    expect({ made }) {
      assert.equal(
        setCookies(made)[0].replace(/^[^;]+/, ''),
        '; Domain=a.example; Path=/; Expires=Tue, 01 Jan 2030 13:00:00 GMT; HttpOnly; Secure' +
          '; Partitioned; Priority=High; SameSite=Lax'
      )
    }
  },
  {
    name: 'a cookie function is called for the path check and for new sessions, with the request',
    async run(session) {
      const calls = []
      const cookie = function (...args) {
        calls.push([args.length, args[0].url, typeof args[0].sessionID])
        return { path: '/a', maxAge: 1000 * args[0].url.length }
      }
      const site = open(session, {
        options: { cookie },
        store: { data: { known: storedSession() } }
      })
      const recording = {
        made: await site.visit({ url: '/abc' }),
        known: await site.visit(returning('known', { url: '/ab' })),
        elsewhere: await site.visit({ url: '/x' }),
        regenerated: await site.visit({
          url: '/a/r',
          handle(req, res) {
            req.session.regenerate(() => res.end('r'))
          }
        })
      }
      return { ...recording, calls }
    },
    expect({ calls, made, elsewhere }) {
      assert.equal(calls.length, 2 + 1 + 1 + 3)
      assert.match(setCookies(made)[0], /Path=\/a; Expires=Tue, 01 Jan 2030 12:00:04 GMT/)
      assert.equal(setCookies(elsewhere).length, 0)
    }
  },
  {
    name: 'what a cookie function throws or wrongly returns surfaces at once',
    async run(session) {
      const recording = {}
      const odd = {
        null: null,
        undefined: undefined,
        number: 7,
        text: 'path',
        function: () => ({})
      }
      for (const [label, value] of Object.entries(odd)) {
        const site = open(session, { options: { cookie: () => value } })
        recording[label] = [await site.visit(), await site.visit(returning())]
      }
      const cookie = () => {
        throw new Error('no options today')
      }
      recording.thrown = await open(session, { options: { cookie } }).visit()
      return recording
    },
    expect({ thrown }) {
      assert.deepEqual(thrown.log, [
        ['middleware threw', { error: 'Error', message: 'no options today' }]
      ])
    }
  },
  {
    name: 'properties of a cookie function itself count only as secure and sameSite auto',
    async run(session) {
      const cookie = Object.assign(() => ({ maxAge: 1000 }), { secure: 'auto', sameSite: 'auto' })
      cookie.path = '/ignored'
      const site = open(session, { options: { cookie } })
      return { http: await site.visit(), https: await site.visit({ encrypted: true }) }
    },
    expect({ http, https }) {
      assert.match(setCookies(http)[0], /HttpOnly; SameSite=Lax$/)
      assert.match(setCookies(https)[0], /HttpOnly; Secure; SameSite=None$/)
    }
  }
]
