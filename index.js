'use strict'

const debug = require('debug')('express-session')
const deprecate = require('depd')('express-session')
const { original: originalUrl } = require('parseurl')
const { readHeader, readParsedCookies, SessionCookies } = require('./lib/cookie-io')
const { shareHiddenClass } = require('./lib/hidden-class')
const { factsOfOptions } = require('./lib/lifecycle')
const { fastPath, memoryTraits } = require('./lib/memory/fast-path')
const native = require('./lib/native')
const { RequestSession } = require('./lib/request')
const { Secrets } = require('./lib/secrets')
const { generateId } = require('./lib/session-id')
const { Generator } = require('./lib/sessions')
const Cookie = require('./session/cookie')
const MemoryStore = require('./session/memory')
const Session = require('./session/session')
const Store = require('./session/store')

module.exports = session
// Assigned one by one, so that Node recognizes the names when ES modules import this one.
module.exports.Store = Store
module.exports.Cookie = Cookie
module.exports.Session = Session
module.exports.MemoryStore = MemoryStore
// Not enumerable, because express-session has no such member.
Object.defineProperty(session, 'engine', { value: native.isWasm ? 'wasm' : 'native' })

const SLASH = 0x2f

const isProduction = process.env.NODE_ENV === 'production'
// pm2 sets these variables, also if there is only one process.
const { NODE_APP_INSTANCE: pm2Instance, instances: pm2Instances } = process.env
const cluster = isProduction ? require('cluster') : undefined
const isOneOfSeveral =
  cluster?.isWorker || (isProduction && pm2Instance !== undefined && pm2Instances !== '1')

/**
 * Creates the session middleware.
 *
 * @param {import('.').SessionOptions} [options] See `index.d.ts` or the README.
 * @returns {(req: object, res: object, next: (error?: unknown) => void) => void}
 * @throws {TypeError} For an invalid `genid`, `unset` or `secret`.
 */
function session(options) {
  const opts = options || {}
  const cookieOptions = opts.cookie || {}
  const genid = opts.genid || (() => generateId())
  // Options may be anything, but a cookie's name is a string.
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

  if (isProduction) warnOfMemoryStore(store)

  const generator = new Generator({ cookieOptions, genid, trustProxy })
  store.generate = generator.generate

  let storeReady = true
  store.on('disconnect', function ondisconnect() {
    storeReady = false
  })
  store.on('connect', function onconnect() {
    storeReady = true
  })

  const signer = new Secrets()
  const settings = {
    cookies: new SessionCookies(name),
    facts: factsOfOptions({
      saveUninitialized,
      rolling: Boolean(opts.rolling),
      unsetDestroys: opts.unset === 'destroy',
      storeCanTouch: typeof store.touch === 'function'
    }),
    generator,
    resave,
    signer,
    store,
    trustProxy
  }

  return function session(req, res, next) {
    // 1. Does this request get a session?
    if (req.session) return void next()
    if (!storeReady) {
      debug('store is disconnected')
      return void next()
    }
    if (!isWithin(req, generator)) {
      debug('pathname mismatch')
      return void next()
    }
    if (!secret && !req.secret) {
      return void next(new Error('secret option required for sessions'))
    }
    const secrets = secret || [req.secret]
    shareHiddenClass(req)
    if (res) shareHiddenClass(res)

    // 2. Which session does the client ask for?
    req.sessionStore = store
    const sessions = fastPath(store)
    sessions?.forgetOpened()
    let id = readHeader(req, name, signer, secrets, sessions)
    if (!id && (req.signedCookies || req.cookies)) {
      id = readParsedCookies(req, name, signer, secrets, id)
      if (id) deprecate('cookie should be available in req.headers.cookie')
    }
    req.sessionID = id

    // 3. The session is generated or loaded, and the application handles the request. When the response is
    //    sent, the cookie is set and the session is saved.
    const request = new RequestSession(settings, req, res, next, secrets)
    request.hook()
    request.begin()
  }
}

/** Whether the request's path, as the client sent it, begins with the cookie's. */
function isWithin(req, generator) {
  const url = typeof req.originalUrl === 'string' ? req.originalUrl : req.url
  // The common case, without parsing the URL.
  if (generator.cookiePath === '/' && typeof url === 'string' && startsWithOneSlash(url))
    return true
  const path = originalUrl(req).pathname || '/'
  return path.indexOf(generator.cookieOptionsOf(req).path || '/') === 0
}

function startsWithOneSlash(url) {
  if (url.charCodeAt(0) !== SLASH) return false
  // Reading a character beyond the end would make V8 deoptimize this function.
  return url.length === 1 || url.charCodeAt(1) !== SLASH
}

function warnOfMemoryStore(store) {
  const traits = memoryTraits(store)
  if (traits === undefined) return
  const { hasTtl, isBounded } = traits
  if (!isBounded) {
    const kept = hasTtl ? '' : ', but those without an expiry are kept'
    console.warn(
      `Warning: express-session-native is using a MemoryStore without bounds in production.\n` +
        `Expired sessions are freed${kept}. All are lost when this process ends.\n` +
        `Options of MemoryStore: maxSessions, maxBytes${hasTtl ? '' : ', ttl'}.`
    )
  }
  if (isOneOfSeveral) {
    console.warn(
      'Warning: express-session-native is using a MemoryStore in one of several processes.\n' +
        'Each process has its own sessions, so users are logged out when another process\n' +
        'handles their request. Use a store that all processes share.'
    )
  }
}
