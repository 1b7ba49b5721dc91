'use strict'

const { EventEmitter } = require('node:events')

/**
 * Asks express-session itself what it does with a session in every situation the lifecycle knows,
 * and writes the answers as text: `tests/lifecycle_oracle.txt`, which the Rust engine's table test
 * replays.
 *
 * A line is one situation: where the session came from, what the handler did with it, when it
 * changed the data, whether the cookie has an expiry, and what `req.session` or `req.sessionID` was
 * at the end. After it come 32 digits, one for each combination of the options, in the order of
 * {@link optionSets}. A digit is 4 if a cookie was set, plus 1 for destroy, 2 for save, 3 for touch.
 */

const ORIGINS = ['new', 'loaded', 'missing']
const STEPS = ['none', 'regenerated', 'reloaded', 'saved']
const CHANGES = ['never', 'before', 'after']
const EXPIRIES = ['session', 'expires']
const ENDS = ['present', 'null', 'deleted', 'zero', 'other-id', 'number-id', 'empty-id', 'no-id']

const ACTIONS = { destroy: 1, set: 2, touch: 3 }

/** All combinations of the options, the first one changing slowest. */
function* optionSets() {
  for (let bits = 0; bits < 32; bits++) {
    yield {
      resave: Boolean(bits & 16),
      rolling: Boolean(bits & 8),
      saveUninitialized: Boolean(bits & 4),
      unset: bits & 2 ? 'destroy' : 'keep',
      storeTouches: Boolean(bits & 1)
    }
  }
}

function* situations() {
  for (const origin of ORIGINS) {
    for (const step of STEPS) {
      // Nothing is in the store to be reloaded unless the session was loaded from it.
      if (step === 'reloaded' && origin !== 'loaded') continue
      for (const change of CHANGES) {
        for (const expiry of EXPIRIES) {
          for (const end of ENDS) yield { origin, step, change, expiry, end }
        }
      }
    }
  }
}

/** The whole table, for the implementation given. */
function lifecycleTable(session) {
  const lines = ['# Generated from express-session 1.19.0 by scripts/lifecycle-table.mjs.']
  for (const situation of situations()) {
    const answers = Array.from(optionSets(), (options) => answer(session, options, situation))
    lines.push([...Object.values(situation), answers.join('')].join(' '))
  }
  return lines.join('\n') + '\n'
}

function answer(session, options, { origin, step, change, expiry, end }) {
  const calls = []
  const store = recordingStore(session.Store, options.storeTouches, calls)
  let ids = 0
  const middleware = session({
    secret: 'secret',
    genid: () => `id${++ids}`,
    store,
    resave: options.resave,
    rolling: options.rolling,
    saveUninitialized: options.saveUninitialized,
    unset: options.unset,
    cookie: expiry === 'expires' ? { maxAge: 60000 } : {}
  })
  const cookie = new session.Cookie(expiry === 'expires' ? { maxAge: 60000 } : {})
  if (origin === 'loaded') store.texts.cookie = JSON.stringify({ cookie, n: 1 })

  const req = { url: '/', headers: {}, connection: {} }
  if (origin !== 'new') req.headers.cookie = `connect.sid=${signedCookie(session)}`
  const res = plainResponse()
  middleware(req, res, (error) => {
    if (error) throw error
    if (change === 'before') req.session.n = 2
    if (step === 'regenerated') req.session.regenerate(rethrow)
    if (step === 'reloaded') req.session.reload(rethrow)
    if (step === 'saved') req.session.save(rethrow)
    if (change === 'after') req.session.n = 3
    if (end === 'null') req.session = null
    if (end === 'deleted') delete req.session
    if (end === 'zero') req.session = 0
    if (end === 'other-id') req.sessionID = 'other'
    if (end === 'number-id') req.sessionID = 7
    if (end === 'empty-id') req.sessionID = ''
    if (end === 'no-id') req.sessionID = undefined
    calls.length = 0
    res.end()
  })
  if (calls.length > 1) throw new Error(`more than one call to the store: ${calls}`)
  return (res.headers.has('set-cookie') ? 4 : 0) + (ACTIONS[calls[0]] ?? 0)
}

function rethrow(error) {
  if (error) throw error
}

/** A store that answers at once and notes what it was asked to do. */
function recordingStore(Store, touches, calls) {
  const store = Object.assign(Object.create(Store.prototype), {
    texts: Object.create(null),
    get(id, callback) {
      const text = this.texts[id]
      callback(null, text && JSON.parse(text))
    },
    set(id, session, callback) {
      calls.push('set')
      this.texts[id] = JSON.stringify(session)
      callback()
    },
    destroy(id, callback) {
      calls.push('destroy')
      delete this.texts[id]
      callback()
    }
  })
  if (touches) {
    store.touch = (id, session, callback) => {
      calls.push('touch')
      callback()
    }
  }
  EventEmitter.call(store)
  return store
}

let signed

/** The cookie of id `cookie`, made by the implementation under test itself. */
function signedCookie(session) {
  if (signed) return signed
  const middleware = session({
    secret: 'secret',
    genid: () => 'cookie',
    resave: false,
    saveUninitialized: true
  })
  const res = plainResponse()
  middleware({ url: '/', headers: {}, connection: {} }, res, () => res.writeHead(200))
  signed = /=([^;]+)/.exec(res.headers.get('set-cookie'))[1]
  return signed
}

/** As much of a response as the middleware needs; whatever it writes is dropped. */
function plainResponse() {
  return {
    headers: new Map(),
    getHeader(name) {
      return this.headers.get(name.toLowerCase())
    },
    setHeader(name, value) {
      this.headers.set(name.toLowerCase(), value)
    },
    writeHead() {
      this._header = 'written'
    },
    _implicitHeader() {
      this.writeHead(200)
    },
    write: () => true,
    end() {
      if (!this._header) this._implicitHeader()
    }
  }
}

module.exports = { lifecycleTable }
