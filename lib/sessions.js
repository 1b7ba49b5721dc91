'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { isSecure } = require('./cookie-io')
const { parseNatively } = require('./json')
const { passMarks } = require('./memory/loaded')

/**
 * Creates a session from the data that a store returned. `data` becomes part of it and is not copied.
 *
 * @param {object} req
 * @param {object} data
 * @throws {TypeError} If the data contain no cookie.
 */
function sessionOfData(req, data) {
  // Read separately: for data without a cookie, V8's error names the member that could not be read.
  const expires = data.cookie.expires
  const originalMaxAge = data.cookie.originalMaxAge
  const cookie = new Cookie(data.cookie)
  data.cookie = cookie
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  // Setting the expiry has changed this to the remaining time.
  cookie.originalMaxAge = originalMaxAge
  const session = new Session(req, data)
  passMarks(data, session)
  return session
}

/**
 * Creates a session from its parts.
 *
 * @param {object} req
 * @param {unknown} id
 * @param {Cookie} cookie
 * @param {string} json Its data.
 */
function sessionOfParts(req, id, cookie, json) {
  const session = new BareSession(req, id)
  session.cookie = cookie
  if (json !== '{}') {
    const data = parseNatively(json)
    for (const name in data) {
      if (!(name in session)) session[name] = data[name]
    }
  }
  return session
}

/**
 * The same as `new Session`, but with its own id, because the request's may have changed. V8 shows the
 * function's name.
 */
const BareSession = function Session(req, id) {
  Object.defineProperty(this, 'req', { value: req })
  Object.defineProperty(this, 'id', { value: id })
}
BareSession.prototype = Session.prototype

/** Creates new sessions by the options of a middleware. */
class Generator {
  #cookieOptions
  #trustProxy

  /**
   * @param {object} options
   * @param {object | ((req: object) => object)} options.cookieOptions
   * @param {(req: object) => unknown} options.genid
   * @param {unknown} options.trustProxy
   */
  constructor({ cookieOptions, genid, trustProxy }) {
    this.genid = genid
    this.#cookieOptions = cookieOptions
    this.#trustProxy = trustProxy
    // Becomes `store.generate`, because the store creates the new session when one is regenerated.
    const generator = this
    this.generate = function (req) {
      req.sessionID = genid(req)
      req.session = new Session(req)
      generator.giveCookie(req.session, req)
    }
  }

  cookieOptionsOf(req) {
    const options = this.#cookieOptions
    return typeof options === 'function' ? options(req) : options
  }

  /** Whether the cookie can be created before the session: a cookie function may read `req.session`. */
  get makesCookiesAlone() {
    return typeof this.#cookieOptions !== 'function'
  }

  /** The path of all cookies. Undefined if a function decides for each request. */
  get cookiePath() {
    return this.makesCookiesAlone ? this.#cookieOptions.path || '/' : undefined
  }

  /** Creates the cookie of a new session. */
  giveCookie(session, req) {
    const options = this.#cookieOptions
    const ownOptions = this.cookieOptionsOf(req)
    const cookie = new Cookie(ownOptions)
    session.cookie = cookie
    const secure = isSecure(req, this.#trustProxy)
    if (options.secure === 'auto' || ownOptions?.secure === 'auto') cookie.secure = secure
    if (options.sameSite === 'auto' || ownOptions?.sameSite === 'auto') {
      cookie.sameSite = secure ? 'none' : 'lax'
    }
  }
}

module.exports = { Generator, sessionOfData, sessionOfParts }
