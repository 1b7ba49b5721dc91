'use strict'

const debug = require('debug')('express-session')
const deprecate = require('depd')('express-session')
const { original: originalUrl } = require('parseurl')
const { readHeader, readParsedCookies } = require('./lib/cookie-reader')
const direct = require('./lib/direct-store')
const { AtEnd } = require('./lib/native')
const { RequestSession, stateOfOptions } = require('./lib/request-session')
const { hookResponse } = require('./lib/response')
const { Secrets } = require('./lib/secrets')
const { isSecure } = require('./lib/secure-connection')
const { generateId } = require('./lib/session-id')
const { serializeCookie } = require('./lib/set-cookie')
const Cookie = require('./session/cookie')
const MemoryStore = require('./session/memory')
const Session = require('./session/session')
const Store = require('./session/store')

module.exports = session
// Assigned one by one, in the form in which Node finds the names of a CommonJS module for `import`.
module.exports.Store = Store
module.exports.Cookie = Cookie
module.exports.Session = Session
module.exports.MemoryStore = MemoryStore

const isProduction = process.env.NODE_ENV === 'production'
// An application's fake timers must not hold back errors.
const defer = setImmediate

/**
 * Makes the session middleware.
 *
 * @param {import('.').SessionOptions} [options] See `index.d.ts` or the README.
 * @returns {(req: object, res: object, next: (error?: unknown) => void) => void}
 * @throws {TypeError} For `genid`, `unset` or `secret` of a kind that cannot be used.
 */
function session(options) {
  const opts = options || {}
  const cookieOptions = opts.cookie || {}
  const cookieOptionsOf = typeof cookieOptions === 'function' ? cookieOptions : () => cookieOptions
  const genid = opts.genid || (() => generateId())
  // Whatever a name is, a cookie's is a text.
  const name = `${opts.name || opts.key || 'connect.sid'}`
  const store = opts.store || new MemoryStore()
  const trustProxy = opts.proxy
  let { resave, saveUninitialized, secret } = opts

  if (typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (resave === undefined) {
    deprecate('undefined resave option; provide resave option')
    resave = true
  }
  if (saveUninitialized === undefined) {
    deprecate('undefined saveUninitialized option; provide saveUninitialized option')
    saveUninitialized = true
  }
  if (opts.unset && opts.unset !== 'destroy' && opts.unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }
  if (Array.isArray(secret) && secret.length === 0) {
    throw new TypeError('secret option array must contain one or more strings')
  }
  if (secret && !Array.isArray(secret)) secret = [secret]
  if (!secret) deprecate('req.secret; provide secret option')

  if (isProduction && store instanceof MemoryStore) warnOfMemoryStore()

  // The store makes new sessions, also when one is regenerated, so it has to know how.
  store.generate = function (req) {
    req.sessionID = genid(req)
    req.session = new Session(req)

    const ownOptions = cookieOptionsOf(req)
    const isAuto = (option) => cookieOptions[option] === 'auto' || ownOptions?.[option] === 'auto'
    const cookie = new Cookie(ownOptions)
    req.session.cookie = cookie

    const secure = isSecure(req, trustProxy)
    if (isAuto('secure')) cookie.secure = secure
    if (isAuto('sameSite')) cookie.sameSite = secure ? 'none' : 'lax'
  }

  let storeReady = true
  store.on('disconnect', function ondisconnect() {
    storeReady = false
  })
  store.on('connect', function onconnect() {
    storeReady = true
  })

  const signer = new Secrets()
  const state = stateOfOptions({
    saveUninitialized,
    rolling: Boolean(opts.rolling),
    unsetDestroys: opts.unset === 'destroy',
    storeCanTouch: typeof store.touch === 'function'
  })

  return function session(req, res, next) {
    // 1. Is there anything to do here?
    if (req.session) return void next()
    if (!storeReady) {
      debug('store is disconnected')
      return void next()
    }
    if (!isWithin(req, cookieOptionsOf(req).path || '/')) {
      debug('pathname mismatch')
      return void next()
    }
    if (!secret && !req.secret) {
      return void next(new Error('secret option required for sessions'))
    }
    const secrets = secret || [req.secret]

    // 2. Which session does the client ask for?
    req.sessionStore = store
    let cookieId = readHeader(req, name, signer, secrets)
    if (!cookieId && (req.signedCookies || req.cookies)) {
      cookieId = readParsedCookies(req, name, signer, secrets, cookieId)
      if (cookieId) deprecate('cookie should be available in req.headers.cookie')
    }
    req.sessionID = cookieId
    const request = new RequestSession(req, state, cookieId)
    /** What our own store held, if it was asked. */
    let snapshot

    // 4. What becomes of the session, once the application has answered?
    hookResponse(res, setCookie, commit)

    // 3. The session is generated or loaded, and the application takes over.
    if (!req.sessionID) {
      debug('no SID sent, generating session')
      generate()
      return void next()
    }
    debug('fetching %s', req.sessionID)
    const stored = direct.forGet(store, req.sessionID)
    if (stored) {
      snapshot = stored.snapshot(`${req.sessionID}`)
      onStored(null, snapshot.data)
    } else {
      store.get(req.sessionID, onStored)
    }

    function generate() {
      store.generate(req)
      request.generated()
    }

    function onStored(error, data) {
      if (error && error.code !== 'ENOENT') {
        debug('error %j', error)
        return void next(error)
      }
      try {
        if (error || !data) {
          debug('no session found')
          generate()
        } else {
          debug('session found')
          const text = direct.createsPlainly(store) ? snapshot?.text : undefined
          store.createSession(req, data)
          request.loaded(data, !resave, text)
        }
      } catch (failure) {
        return void next(failure)
      }
      next()
    }

    /** Just before the headers are written. */
    function setCookie(isUndisturbed) {
      if (!req.session) return void debug('no session')
      if (!request.mustSetCookie(isUndisturbed)) return
      if (req.session.cookie.secure && !isSecure(req, trustProxy)) return void debug('not secured')
      request.touch()
      try {
        const value = signer.sign(secrets, req.sessionID)
        const text = serializeCookie(name, value, req.session.cookie.data)
        debug('set-cookie %s', text)
        res.setHeader('Set-Cookie', [].concat(res.getHeader('Set-Cookie') || [], text))
      } catch (error) {
        defer(next, error)
      }
    }

    /** When the response ends: tells the store what there is to tell. */
    function commit() {
      if (req.session) request.touch()
      switch (request.atEnd()) {
        case AtEnd.Destroy:
          return destroy()
        case AtEnd.Save:
          return save()
        case AtEnd.Touch:
          return touch()
        default:
          if (!req.session) debug('no session')
      }
    }

    function destroy() {
      debug('destroying')
      const sessions = direct.forDestroy(store, req.sessionID)
      if (!sessions) return (done) => store.destroy(req.sessionID, answered(done, 'destroyed'))
      sessions.delete(`${req.sessionID}`)
      debug('destroyed')
      return true
    }

    function save() {
      const watched = request.watchesSave()
      const sessions = direct.forSave(req.session, watched)
      if (!sessions) return (done) => request.save(answered(done))
      const rest = watched ? request.noteSave(req.session) : undefined
      sessions.set(`${req.session.id}`, req.session, rest)
      return true
    }

    function touch() {
      debug('touching')
      const sessions = direct.forTouch(store, req.sessionID)
      if (!sessions) {
        return (done) => store.touch(req.sessionID, req.session, answered(done, 'touched'))
      }
      sessions.touch(`${req.sessionID}`, req.session, snapshot)
      debug('touched')
      return true
    }

    /** A store's failure goes to the application's error handler; the response goes out anyway. */
    function answered(done, message) {
      return (error) => {
        if (error) defer(next, error)
        if (message) debug(message)
        done()
      }
    }
  }
}

/** Whether the request's path, as the client sent it, begins with the cookie's. */
function isWithin(req, cookiePath) {
  const url = typeof req.originalUrl === 'string' ? req.originalUrl : req.url
  // Nearly always; saves parsing the URL.
  if (cookiePath === '/' && typeof url === 'string' && url.startsWith('/')) return true
  return (originalUrl(req).pathname || '/').indexOf(cookiePath) === 0
}

function warnOfMemoryStore() {
  console.warn(
    'Warning: express-session-native is using its MemoryStore in production.\n' +
      'Expired sessions are freed, but sessions are lost when this process ends,\n' +
      'are not shared with other processes, and those without an expiry are kept.'
  )
}
