'use strict'

const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const { plain } = require('../plain')
const { open, returning, storedSession } = require('../site')

// A lazy `req.session` is created when it is read, and whatever comes first, it has to be
// like any property. Each of these is the first thing that is done to it.

const shown = (session) => [session?.constructor?.name, plain(session), session?.id]

// Printing a whole request tells of sockets; what is wanted is how the session appears in it.
const printed = (text) => /^ {2}session: [^]*?^ {2}\}/m.exec(text)?.[0]

const LOOKS = {
  'nothing is done': () => null,
  'it is read': (req) => shown(req.session),
  'it is read twice': (req) => req.session === req.session,
  'it is asked for with in': (req) => 'session' in req,
  'it is an own property': (req) => Object.hasOwn(req, 'session'),
  'keys are listed': (req) => Object.keys(req).slice(-3),
  'the request is walked over': (req) => {
    const keys = []
    for (const key in req) if (key.startsWith('session')) keys.push(key)
    return keys
  },
  'entries are listed': (req) => shown(new Map(Object.entries(req)).get('session')),
  'the request is spread': (req) => {
    const copy = { ...req }
    return [copy.session === req.session, shown(copy.session)]
  },
  'the request is assigned to something': (req) => Object.assign({}, req).session === req.session,
  'it is taken apart': ({ session }) => shown(session),
  'it is read through an heir': (req) => {
    const heir = Object.create(req)
    return [heir.session === req.session, Object.hasOwn(heir, 'session')]
  },
  'it is assigned through an heir': (req) => {
    const heir = Object.create(req)
    heir.session = 'mine'
    return [heir.session, Object.keys(heir), shown(req.session)]
  },
  'it is read through a proxy': (req) => new Proxy(req, {}).session === req.session,
  'it is assigned through a proxy': (req) => {
    const proxy = new Proxy(req, {})
    proxy.session = null
    return [proxy.session, req.session]
  },
  'it is unset': (req) => {
    req.session = null
    return [req.session, 'session' in req]
  },
  'it is made undefined': (req) => {
    req.session = undefined
    return [req.session, 'session' in req]
  },
  'it is deleted': (req) => [delete req.session, req.session, 'session' in req],
  'it is deleted and assigned': (req) => {
    const { session } = req
    delete req.session
    req.session = session
    return [shown(req.session), Object.keys(req).slice(-1)]
  },
  'it is replaced': (req) => {
    req.session = Object.assign(Object.create(Object.getPrototypeOf(req.session)), {
      cookie: req.session.cookie
    })
    return shown(req.session)
  },
  'it is defined as something else': (req) => {
    const { session } = req
    Object.defineProperty(req, 'session', {
      configurable: true,
      enumerable: true,
      get: () => session
    })
    session.got = true
    return shown(req.session)
  },
  'the id is assigned before': (req) => {
    const before = req.sessionID
    req.sessionID = 'other'
    const { id } = req.session
    req.sessionID = before
    return id
  },
  'the id is deleted before': (req) => {
    delete req.sessionID
    return [req.session.id, 'sessionID' in req]
  },
  'it is printed with the request': (req) => [
    printed(inspect(req, { depth: 1 })),
    printed(inspect(req, { depth: 1 })),
    Object.keys(req).slice(-3)
  ],
  'a copy is printed': (req) => {
    const text = inspect({ session: null, ...req }, { depth: 0 })
    return [/session: \[Session\]/.test(text), shown(req.session)]
  },
  'the store generates another': (req) => {
    req.sessionStore.generate(req)
    return shown(req.session)
  },
  'the store loads another': (req) => {
    req.sessionStore.createSession(req, storedSession({ loaded: true }))
    return shown(req.session)
  },
  'it is read after the end': (req, res) => {
    res.end('early')
    return shown(req.session)
  },
  'it is read and changed after the end': (req, res) => {
    res.end('early')
    req.session.late = true
    return shown(req.session)
  }
}

const OPTIONS = {
  'usual options': { saveUninitialized: false },
  'a cookie that expires': { saveUninitialized: false, cookie: { maxAge: 60_000 } },
  'rolling and unset': { rolling: true, unset: 'destroy', cookie: { maxAge: 60_000 } },
  'express-session’s own defaults': { resave: true, saveUninitialized: true }
}

async function visits(session, options, look) {
  const recording = {}
  for (const [label, request] of Object.entries({ fresh: {}, known: returning() })) {
    const site = open(session, { memory: true, options })
    const { maxAge = null } = options.cookie ?? {}
    const stored = new session.Cookie({ maxAge })
    // By its method: what is put into `sessions` by hand is not kept unread.
    await new Promise((resolve) => {
      site.store.set('known', { cookie: stored, user: 'tobi', 1: 'one' }, resolve)
    })
    recording[label] = await site.visit({
      ...request,
      handle(req, res, log) {
        log.add('look', look(req, res))
        if (!res.writableEnded) res.end('body')
      }
    })
    recording[label].contents = site.contents()
  }
  return recording
}

module.exports = Object.entries(OPTIONS).flatMap(([label, options]) =>
  Object.entries(LOOKS).map(([what, look]) => ({
    name: `req.session is like any property when ${what}, with ${label}`,
    run: (session) => visits(session, options, look),
    expect({ fresh, known }) {
      for (const { log } of [fresh, known]) {
        assert.ok(
          log.some(([entry]) => entry === 'look'),
          JSON.stringify(log)
        )
      }
    }
  }))
)
