'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { isSecure } = require('./secure-connection')

/** Makes new sessions, as the options of a middleware say. */
class Generator {
  #cookieOptions
  #cookieOptionsOf
  #trustProxy
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

  /**
   * What a session can be made of later than now, if nothing would be different then: a copy of the
   * cookie's options, as they are the application's own and may be changed by it.
   *
   * @returns {object | undefined}
   */
  forLater(req) {
    // It is asked of every new session whether its connection is secure, and mocks may have no answer.
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
   * Makes the session of a request that has its id already, later than that.
   *
   * @param {object} req
   * @param {object} options From {@link Generator#forLater}.
   * @param {number} since When it should have been made.
   */
  makeLater(req, options, since) {
    const session = new Session(req)
    const cookie = new Cookie(options)
    session.cookie = cookie
    if (typeof options.maxAge === 'number') cookie._expires = new Date(since + options.maxAge)
    return session
  }
}

const SIMPLE = new Set(['path', 'maxAge', 'httpOnly', 'domain', 'secure', 'sameSite'])

/** A copy of options of which a cookie can be made at any time, without complaints; or undefined. */
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

module.exports = { Generator }
