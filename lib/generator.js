'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { isSecure } = require('./secure-connection')

/** Makes new sessions, as the options of a middleware say. */
class Generator {
  #cookieOptions
  #cookieOptionsOf
  #trustProxy
  #areSimple

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
    this.#areSimple = areSimple(cookieOptions)
    // The store makes new sessions, also when one is regenerated, so it has to know how.
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

  /** Whether a session can be made later than now, because nothing would be different then. */
  canWait(req) {
    if (!this.#areSimple) return false
    // It is asked of every new session whether its connection is secure, and mocks may have no answer.
    if (this.#trustProxy === true && typeof req.headers['x-forwarded-proto'] === 'object')
      return false
    // Options are the application's own and may be changed by it.
    const { maxAge, sameSite, secure } = this.#cookieOptions
    return (
      (maxAge == null || Number.isSafeInteger(maxAge)) && sameSite !== 'auto' && secure !== 'auto'
    )
  }

  /** Milliseconds, or undefined for a session's cookie that does not expire. */
  maxAge() {
    return this.#cookieOptions.maxAge ?? undefined
  }

  /**
   * Makes the session of a request that has its id already, later than that.
   *
   * @param {object} req
   * @param {number} [since] When it should have been made, if its cookie expires.
   */
  makeLater(req, since) {
    const session = new Session(req)
    const cookie = new Cookie(this.#cookieOptions)
    session.cookie = cookie
    if (since !== undefined) cookie._expires = new Date(since + cookie.originalMaxAge)
    return session
  }
}

const SIMPLE = new Set(['path', 'maxAge', 'httpOnly', 'domain', 'secure', 'sameSite'])

/** Whether reading the options has no effect, and a cookie can be made of them without complaints. */
function areSimple(options) {
  if (typeof options !== 'object') return false
  for (const key in options) {
    if (!SIMPLE.has(key)) return false
    const descriptor = Object.getOwnPropertyDescriptor(options, key)
    if (descriptor === undefined || descriptor.get) return false
  }
  return true
}

module.exports = { Generator }
