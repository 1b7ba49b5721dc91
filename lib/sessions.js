'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { isSecure } = require('./cookie-io')
const { parseNatively } = require('./json')

/**
 * Makes a session of the data that a store gives. `data` becomes part of it and is not copied.
 *
 * @param {object} req
 * @param {object} data
 * @throws {TypeError} If the data have no cookie.
 */
function sessionOfData(req, data) {
  // Read one by one: the error for data without a cookie names the member that could not be read.
  const expires = data.cookie.expires
  const originalMaxAge = data.cookie.originalMaxAge
  const cookie = new Cookie(data.cookie)
  data.cookie = cookie
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  // Setting the expiry has made the time that is left the original one.
  cookie.originalMaxAge = originalMaxAge
  return new Session(req, data)
}

/**
 * Makes a session of what our own store holds, taken apart.
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
 * What `new Session` makes, but with an id that need not be the request's any more. V8 shows the
 * function's name.
 */
const BareSession = function Session(req, id) {
  Object.defineProperty(this, 'req', { value: req })
  Object.defineProperty(this, 'id', { value: id })
}
BareSession.prototype = Session.prototype

/**
 * Whether it is so many milliseconds after a moment, by a clock that tests may have replaced: neither has
 * to be a number, and there are dates for some numbers only.
 */
function isTime(now, later) {
  return typeof now === 'number' && Number.isInteger(now + later) && now + later <= LAST_TIME
}

/** The last time that a date can hold. */
const LAST_TIME = 8.64e15

/** Makes new sessions as the options of a middleware say. */
class Generator {
  #cookieOptions
  #cookieOptionsOf
  #trustProxy
  /** A copy of the cookie's options, and how many there are, if cookies can be made of it later. */
  #copy
  #copied = 0

  /**
   * @param {object} options
   * @param {object | ((req: object) => object)} options.cookieOptions
   * @param {(req: object) => unknown} options.genid
   * @param {unknown} options.trustProxy
   */
  constructor({ cookieOptions, genid, trustProxy }) {
    this.genid = genid
    this.#cookieOptions = cookieOptions
    this.#cookieOptionsOf =
      typeof cookieOptions === 'function' ? cookieOptions : () => cookieOptions
    this.#trustProxy = trustProxy
    // What `store.generate` becomes: the store makes new sessions too, when one is regenerated.
    const generator = this
    this.generate = function (req) {
      req.sessionID = genid(req)
      generator.fill(req)
    }
  }

  cookieOptionsOf(req) {
    return this.#cookieOptionsOf(req)
  }

  /** Puts a new session on a request that has its id already. */
  fill(req) {
    req.session = new Session(req)

    const cookieOptions = this.#cookieOptions
    const ownOptions = this.#cookieOptionsOf(req)
    const isAuto = (option) => cookieOptions[option] === 'auto' || ownOptions?.[option] === 'auto'
    const cookie = new Cookie(ownOptions)
    req.session.cookie = cookie

    const secure = isSecure(req, this.#trustProxy)
    if (isAuto('secure')) cookie.secure = secure
    if (isAuto('sameSite')) cookie.sameSite = secure ? 'none' : 'lax'
  }

  /**
   * What a session can be made of later, if nothing will be different then: a copy of the cookie's
   * options, because the application may change its own.
   *
   * @returns {object | undefined}
   */
  optionsForLater(req) {
    // A new session asks whether its connection is secure, and the headers of mocks may not say.
    if (this.#trustProxy === true && typeof req.headers['x-forwarded-proto'] === 'object') {
      return undefined
    }
    if (!this.#isCopied()) {
      this.#copy = simpleCopy(this.#cookieOptions)
      this.#copied = Object.keys(this.#copy ?? {}).length
    }
    return this.#copy
  }

  #isCopied() {
    const copy = this.#copy
    if (copy === undefined) return false
    let left = this.#copied
    for (const key in this.#cookieOptions) {
      if (this.#cookieOptions[key] !== copy[key]) return false
      left--
    }
    return left === 0
  }

  /**
   * Makes a new session later than it should have been made.
   *
   * @param {object} req
   * @param {unknown} id
   * @param {object} options From {@link Generator#optionsForLater}.
   * @param {number} [since] When it should have been made, if its cookie expires.
   */
  makeLater(req, id, options, since) {
    const session = new BareSession(req, id)
    const { maxAge, ...others } = options
    if (maxAge == null) {
      session.cookie = new Cookie(options)
      return session
    }
    const cookie = new Cookie(others)
    cookie._expires = new Date(since + maxAge)
    cookie.originalMaxAge = maxAge
    session.cookie = cookie
    return session
  }
}

const SIMPLE = new Set(['path', 'maxAge', 'httpOnly', 'domain', 'secure', 'sameSite'])

/** A copy of options that make the same cookie at any time, without an error; or undefined. */
function simpleCopy(options) {
  if (typeof options !== 'object') return undefined
  const copy = {}
  for (const key in options) {
    if (!SIMPLE.has(key)) return undefined
    const descriptor = Object.getOwnPropertyDescriptor(options, key)
    if (descriptor === undefined || descriptor.get) return undefined
    copy[key] = descriptor.value
  }
  const { maxAge, sameSite, secure } = copy
  if (maxAge != null && !Number.isSafeInteger(maxAge)) return undefined
  return sameSite === 'auto' || secure === 'auto' ? undefined : copy
}

module.exports = { Generator, isTime, sessionOfData, sessionOfParts }
