'use strict'

const assert = require('node:assert/strict')
const express5 = require('express')
const express4 = require('express4')
const { setCookies } = require('../exchange')
const { SECRET } = require('../signature')
const { countingIds } = require('../site')
const { browsing } = require('../wire')

const VERSIONS = { 'Express 5': express5, 'Express 4': express4 }

const STORES = {
  MemoryStore: (session) => new session.MemoryStore(),
  // a store answering at once is what lets the answer have a Content-Length of node's own
  'synchronous store': (session) => {
    const kept = new Map()
    return Object.assign(new session.Store(), {
      get: (id, callback) => callback(null, JSON.parse(kept.get(id) ?? 'null')),
      set: (id, sess, callback) => callback(kept.set(id, JSON.stringify(sess)) && null),
      destroy: (id, callback) => callback(kept.delete(id) && null)
    })
  }
}

const ROUTES = {
  send: (req, res) => res.send('hello'),
  'send-bytes': (req, res) => res.send(Buffer.from('é€')),
  'send-empty': (req, res) => res.send(''),
  json: (req, res) => res.json({ id: req.sessionID, session: req.session }),
  redirect: (req, res) => res.redirect('/elsewhere'),
  'redirect-back': (req, res) => res.redirect(307, 'https://other.example/?a=b c'),
  status: (req, res) => res.sendStatus(404),
  'no-content': (req, res) => res.status(204).send('ignored'),
  'not-modified': (req, res) => res.status(304).end(),
  cookie: (req, res) => res.cookie('own', 'v', { path: '/' }).send('cookie'),
  'clear-cookie': (req, res) => res.clearCookie('own').send('cleared'),
  stream: (req, res) => {
    res.type('text').write('one ')
    res.write('two ')
    setImmediate(() => res.end('three'))
  },
  flush: (req, res) => {
    res.flushHeaders()
    res.end('flushed')
  },
  end: (req, res) => res.end(),
  'write-head': (req, res) => res.writeHead(202, 'Fine', { 'X-A': ['1', '2'] }).end('x'),
  count: (req, res) => res.send(String((req.session.n = (req.session.n ?? 0) + 1))),
  regenerate: (req, res, next) =>
    req.session.regenerate((error) => (error ? next(error) : res.send(req.sessionID))),
  destroy: (req, res) => req.session.destroy(() => res.send('gone')),
  error: (req, res, next) => next(new Error('route failed')),
  throw() {
    throw new Error('route threw')
  },
  'head-only': (req, res) => res.set('X-A', '1').send('body'),
  'secure-info': (req, res) => res.json([req.secure, req.protocol, req.session.cookie.secure])
}

function application(express, session, options, store) {
  const app = express()
  app.set('trust proxy', 1)
  app.use(
    session({
      secret: SECRET,
      resave: false,
      saveUninitialized: true,
      genid: countingIds(),
      store,
      ...options
    })
  )
  for (const [name, handle] of Object.entries(ROUTES)) app.all(`/${name}`, handle)
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error)
    res.status(500).send(error.message)
  })
  return app
}

const twice = (name, request) => [
  { url: `/${name}`, ...request },
  { url: `/${name}`, ...request }
]

const WITH = {
  'default cookie': {},
  'rolling with maxAge': { rolling: true, cookie: { maxAge: 60_000 } },
  'resave, secure auto': { resave: true, cookie: { secure: 'auto', sameSite: 'auto' } },
  'nothing uninitialized': { saveUninitialized: false }
}

const perRoute = Object.entries(VERSIONS).flatMap(([version, express]) =>
  Object.entries(STORES).flatMap(([kind, makeStore]) =>
    Object.keys(ROUTES).map((route) => ({
      name: `the bytes of the answer are the same: ${version}, ${kind}, ${route}`,
      async run(session) {
        const recording = {}
        for (const [label, options] of Object.entries(WITH)) {
          const app = application(express, session, options, makeStore(session))
          const headers = { 'X-Forwarded-Proto': 'https' }
          recording[label] = await browsing(app, [
            ...twice(route),
            ...twice(route, { method: 'HEAD' }),
            ...twice(route, { method: 'POST', body: 'a=1', headers })
          ])
        }
        return recording
      },
      expect(recording) {
        const [first] = recording['default cookie']
        assert.match(first.raw, /^HTTP\/1\.1 \d{3} /)
        const cookies = setCookies(first).filter((value) => value.startsWith('connect.sid='))
        assert.equal(cookies.length, route === 'destroy' ? 0 : 1)
        if (route === 'count') {
          assert.ok(recording['nothing uninitialized'][1].raw.includes('2'))
        }
      }
    }))
  )
)

module.exports = [
  ...perRoute,
  ...Object.entries(VERSIONS).flatMap(([version, express]) =>
    [
      ['/', '/app', ['/app/count', '/count', '/app']],
      ['/app', '/app', ['/app/count', '/app/', '/other']],
      ['/app/count', '/app', ['/app/count', '/app/']]
    ].map(([path, mount, urls]) => ({
      name: `mounted at ${mount} with cookie path ${path} in ${version}`,
      run(session) {
        const app = express()
        const options = { secret: SECRET, resave: false, saveUninitialized: true, cookie: { path } }
        app.use(mount, session({ ...options, genid: countingIds() }))
        app.use((req, res) => res.send(`${req.originalUrl} ${typeof req.session}`))
        return browsing(
          app,
          urls.map((url) => ({ url }))
        )
      },
      expect(answers) {
        assert.ok(answers[0].raw.includes('/app/count object'))
        const within = urls.at(-1).startsWith(mount) && urls.at(-1).startsWith(path)
        assert.ok(answers.at(-1).raw.includes(within ? ' object' : ' undefined'))
      }
    }))
  )
]
