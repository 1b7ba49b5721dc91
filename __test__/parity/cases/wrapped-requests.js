'use strict'

const assert = require('node:assert/strict')
const { OPTIONS, looksAt, shown } = require('../looks')
const { COPIES, WRAPS } = require('../wraps')

// A lazy `req.session` is created when it is read. These read it through a wrapper or a copy of
// the request, and what they see and do has to be what it would be with a plain property.

const called = (session, method) => new Promise((resolve) => session[method](resolve))

// Each is given the wrapper, made before the session was read, and the request.
const LOOKS = {
  'it is read': (wrap) => shown(wrap.session),
  'it is read twice': (wrap) => wrap.session === wrap.session,
  'it is read, and then from the request': (wrap, req) => [
    shown(wrap.session),
    shown(req.session),
    wrap.session === req.session
  ],
  'it is read from the request before': (wrap, req) => [
    shown(req.session),
    shown(wrap.session),
    wrap.session === req.session
  ],
  'it is looked for': (wrap) => [
    'session' in wrap,
    Object.hasOwn(wrap, 'session'),
    Object.keys(wrap).slice(-3)
  ],
  'something is put into it': (wrap, req) => {
    wrap.session.late = true
    return shown(req.session)
  },
  'it is assigned': (wrap, req) => {
    wrap.session = { mine: true }
    return [shown(wrap.session), shown(req.session), Object.hasOwn(wrap, 'session')]
  },
  'it is unset': (wrap, req) => {
    wrap.session = null
    return [shown(wrap.session), shown(req.session), 'session' in wrap]
  },
  'it is deleted': (wrap, req) => {
    const deleted = delete wrap.session
    return [deleted, shown(wrap.session), shown(req.session), 'session' in wrap, 'session' in req]
  },
  'it is deleted and assigned': (wrap, req) => {
    const { session } = wrap
    delete wrap.session
    wrap.session = session
    return [shown(wrap.session), shown(req.session), Object.keys(wrap).slice(-1)]
  },
  'the request’s is unset': (wrap, req) => {
    req.session = null
    return [shown(wrap.session), shown(req.session), 'session' in wrap]
  },
  'the request’s is replaced': (wrap, req) => {
    req.session = Object.assign(Object.create(Object.getPrototypeOf(req.session)), req.session)
    return [shown(wrap.session), shown(req.session)]
  },
  'the request’s is deleted': (wrap, req) => {
    delete req.session
    return [shown(wrap.session), shown(req.session), 'session' in wrap]
  },
  'it is regenerated': async (wrap, req) => {
    await called(wrap.session, 'regenerate')
    return [shown(wrap.session), shown(req.session), wrap.session === req.session]
  },
  'it is destroyed': async (wrap, req) => {
    await called(wrap.session, 'destroy')
    return [shown(wrap.session), shown(req.session)]
  },
  'it is saved': async (wrap, req) => {
    wrap.session.saved = true
    await called(wrap.session, 'save')
    return [shown(wrap.session), shown(req.session)]
  },
  'it is reloaded': async (wrap, req) => {
    const before = wrap.session
    const error = await called(before, 'reload')
    return [error, wrap.session === before, shown(wrap.session), shown(req.session)]
  },
  'it is read after the end': (wrap, req, res) => {
    res.end('early')
    return shown(wrap.session)
  },
  'it is unset after the end': (wrap, req, res) => {
    res.end('early')
    wrap.session = null
    return [shown(wrap.session), shown(req.session)]
  }
}

/** In these the request is assigned another session, which its copies see: see docs/differences.md. */
const ASSIGNED = new Set([
  'the request’s is unset',
  'the request’s is replaced',
  'it is regenerated',
  'it is reloaded'
])

const looksThrough = (wrap) =>
  Object.entries(LOOKS).filter(([name]) => !(COPIES.includes(wrap) && ASSIGNED.has(name)))

module.exports = Object.entries(WRAPS).flatMap(([wrap, make]) =>
  Object.entries(OPTIONS).map(([label, options]) => ({
    name: `req.session is like any property through ${wrap}, with ${label}`,
    async run(session) {
      const recording = {}
      for (const [name, look] of looksThrough(wrap)) {
        recording[name] = await looksAt(session, options, (req, res) => look(make(req), req, res))
        recording[`${name}, wrapped when it was read`] = await looksAt(
          session,
          options,
          (req, res) => (req.session.seen, look(make(req), req, res))
        )
      }
      return recording
    },
    expect(recording) {
      for (const [name, { fresh, known }] of Object.entries(recording)) {
        for (const { log } of [fresh, known]) {
          const looks = log.filter(([entry]) => entry === 'look')
          assert.equal(looks.length, 1, `${name}: ${JSON.stringify(log)}`)
        }
      }
    }
  }))
)
