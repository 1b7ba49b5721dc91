'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { cookieHeader, signed } = require('../signature')
const { open, returning, storedSession } = require('../site')

const OPTIONS = { secret: 'x', resave: false, saveUninitialized: false }

const store = () => ({ data: { known: storedSession({ views: 1 }) } })

// What applications are told, each from a place of its own in this file.
const DEPRECATED = {
  'no options at all': (session) => session(),
  'no resave': (session) => session({ ...OPTIONS, resave: undefined }),
  'no saveUninitialized': (session) => session({ ...OPTIONS, saveUninitialized: undefined }),
  'no secret': (session) => session({ ...OPTIONS, secret: undefined }),
  'null options': (session) => session(null),
  'maxAge as date': (session) => {
    const cookie = new session.Cookie()
    cookie.maxAge = new Date(1.9e12)
  },
  'maxAge as date in the options': async (session) => {
    await open(session, { options: { cookie: { maxAge: new Date(1.9e12) } } }).visit()
  },
  'signed cookies of a parser': async (session) => {
    await open(session, { store: store() }).visit({
      prepare: (req) => (req.signedCookies = { 'connect.sid': 'known' })
    })
  },
  'cookies of a parser': async (session) => {
    await open(session, { store: store() }).visit({
      prepare: (req) => (req.cookies = { 'connect.sid': signed('known') })
    })
  },
  'the same place thrice': (session) => {
    for (let round = 0; round < 3; round++) session({ secret: 'x' })
  },
  'nothing deprecated': (session) => session(OPTIONS)
}

const told = (stderr) =>
  stderr.map((line) =>
    line.replace(/^<date> express-session deprecated /, '').replace(/ at .*$/, '')
  )

const EXPECTED = {
  'no options at all': [
    'undefined resave option; provide resave option',
    'undefined saveUninitialized option; provide saveUninitialized option',
    'req.secret; provide secret option'
  ],
  'no secret': ['req.secret; provide secret option'],
  'maxAge as date': ['maxAge as Date; pass number of milliseconds instead'],
  'signed cookies of a parser': ['cookie should be available in req.headers.cookie'],
  'nothing deprecated': []
}

const DEBUGGED = {
  'a new session': {},
  'a known session': returning('known'),
  'an unknown session': returning('unknown'),
  'a tampered cookie': { headers: { cookie: `${cookieHeader('known')}x` } },
  'an unsigned cookie': { headers: { cookie: 'connect.sid=known' } },
  'parsed cookies': { prepare: (req) => (req.cookies = { 'connect.sid': 's:bad.x' }) },
  'parsed unsigned cookies': { prepare: (req) => (req.cookies = { 'connect.sid': 'known' }) },
  'another path': { url: '/other', options: { cookie: { path: '/in' } } },
  'a secure cookie over http': { options: { cookie: { secure: true } } },
  'an odd id': { options: { genid: () => 42 } },
  'a null id': { options: { genid: () => null } },
  'an unset session': { handle: unset },
  'an unset session destroyed': returning('known', {
    handle: unset,
    options: { unset: 'destroy' }
  }),
  'a length known': {
    handle(req, res) {
      res.setHeader('Content-Length', 5)
      res.end('hello')
    }
  },
  'a reload and a save': returning('known', {
    handle(req, res) {
      req.session.reload(() => req.session.save(() => res.end()))
    }
  }),
  'an error of the store': returning('known', {
    answers: { get: () => [Object.assign(new Error('down'), { code: 'E_DOWN' })] }
  }),
  'a disconnected store': { disconnect: true }
}

function unset(req, res) {
  req.session = null
  res.end()
}

module.exports = [
  ...Object.entries(DEPRECATED).map(([label, act]) => ({
    name: `deprecations are told once per place: ${label}`,
    env: {},
    async run(session) {
      await act(session)
      return 'done'
    },
    expect({ code, value, stderr }) {
      assert.deepEqual([code, value], [0, 'done'])
      if (EXPECTED[label]) assert.deepEqual(told(stderr), EXPECTED[label])
      assert.ok(stderr.every((line) => line.startsWith('<date> express-session deprecated ')))
    }
  })),
  {
    name: 'deprecations are events when somebody listens',
    env: {},
    async run(session) {
      const events = []
      process.on('deprecation', ({ name, namespace, message }) => {
        events.push([name, namespace, message])
      })
      session()
      return events
    },
    expect({ value, stderr }) {
      assert.equal(value.length, 3)
      assert.deepEqual(value[0].slice(0, 2), ['DeprecationError', 'express-session'])
      assert.deepEqual(stderr, [])
    }
  },
  {
    name: 'deprecations can be turned off by name',
    env: { NO_DEPRECATION: 'express-session' },
    run: (session) => typeof session(),
    expect(recording) {
      assert.deepEqual(recording, { code: 0, value: 'function', stderr: [] })
    }
  },
  ...Object.entries(DEBUGGED).map(([label, { options, answers, disconnect, ...request }]) => ({
    name: `the debug lines tell what happened: ${label}`,
    env: { DEBUG: 'express-session' },
    async run(session) {
      const site = open(session, { options, store: { ...store(), answers } })
      if (disconnect) site.store.emit('disconnect')
      return site.visit(request)
    },
    expect({ code, stderr }) {
      assert.equal(code, 0)
      assert.ok(stderr.length > 0)
      assert.ok(stderr.every((line) => line.startsWith('<date> express-session ')))
    }
  })),
  ...[
    ['production', undefined, true],
    ['production', 'other', false],
    ['development', undefined, false]
  ].map(([mode, kind, warned]) => ({
    name: `a MemoryStore is warned about in production: ${mode}, ${kind ?? 'MemoryStore'}`,
    env: { NODE_ENV: mode },
    async run(session) {
      const warnings = []
      const usual = console.warn
      console.warn = (...args) => warnings.push(args.length)
      const site = open(session, kind ? {} : { memory: true })
      console.warn = usual
      // the text differs by intention, that there is one does not
      return { warned: warnings.length, cookies: setCookies(await site.visit()) }
    },
    expect({ value }) {
      assert.equal(value.warned, warned ? 1 : 0)
      assert.equal(value.cookies.length, 1)
    }
  }))
]
