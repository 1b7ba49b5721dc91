'use strict'

const { types } = require('util')
const Cookie = require('../../session/cookie')
const Session = require('../../session/session')
const { parseNatively } = require('../json')
const native = require('../native')
const { isPristine, isPristineDate } = require('../pristine')

/**
 * The form in which the native library keeps sessions.
 *
 * Normally they are in parts: the data as JSON; the cookie's expiry and `originalMaxAge` as numbers; and its
 * attributes as the number of a text that most sessions share. A session that the application has customized,
 * for example with its own `toJSON`, is kept as whole text.
 */

/** Instead of the attributes' number: the session is whole text. */
const WHOLE = -1

/** The members of a cookie's JSON. Creating a cookie from others may have effects, such as those of `maxAge`. */
const MEMBERS = new Set([
  'originalMaxAge',
  'partitioned',
  'priority',
  'expires',
  'secure',
  'httpOnly',
  'domain',
  'path',
  'sameSite'
])

/** Names that every session has, which are dropped from stored data. */
const isTaken = (name) => name in Session.prototype || name === 'id' || name === 'req'

/** Splits the sessions of one store into parts, and creates cookies from parts. */
class Parts {
  #handle
  /** Parsed attributes by number. */
  #known = []
  /** The last attributes, and their number. */
  #last = {}
  #lastNumber = WHOLE

  /** @param {object} handle The native store. */
  constructor(handle) {
    this.#handle = handle
  }

  /**
   * The parts of a cookie, or of a session.
   *
   * @param {unknown} cookie
   * @param {unknown} [session] The session that the cookie belongs to.
   * @returns {{ attributes: number, maxAge: number, expires: number } | undefined} `maxAge` in milliseconds,
   *   `expires` in milliseconds since 1970; NaN for none. Undefined if the parts would not produce the same
   *   session again.
   */
  of(cookie, session) {
    if (typeof cookie !== 'object' || cookie === null || !isPristine()) return undefined
    if (session !== undefined && !isInParts(session)) return undefined
    if (Object.getPrototypeOf(cookie) !== Cookie.prototype) return this.#ofPlain(cookie)
    if (Object.hasOwn(cookie, 'data') || Object.hasOwn(cookie, 'toJSON')) return undefined
    const { _expires: date, originalMaxAge } = cookie
    if (date === null && originalMaxAge === null) {
      return this.#with(cookie, NaN, NaN)
    }
    if (!types.isDate(date) || !isPristineDate(date)) return undefined
    if (!Number.isSafeInteger(originalMaxAge) || originalMaxAge < 0) return undefined
    const expires = date.getTime()
    return Number.isNaN(expires) ? undefined : this.#with(cookie, originalMaxAge, expires)
  }

  /** The parts of a cookie as `store.get` returns it, if its JSON is that of a `Cookie`. */
  #ofPlain(cookie) {
    if (types.isProxy(cookie) || Object.getPrototypeOf(cookie) !== Object.prototype)
      return undefined
    if (!Reflect.ownKeys(cookie).every((name) => MEMBERS.has(name))) return undefined
    const { expires, originalMaxAge, partitioned, priority } = cookie
    const { secure, httpOnly, domain, path, sameSite } = cookie
    // In the order that a `Cookie` gives them: a touch brings others into it.
    const text = textOf({ partitioned, priority, secure, httpOnly, domain, path, sameSite })
    const date = expires === null ? NaN : timeOfIso(expires)
    const maxAge = originalMaxAge === null ? NaN : originalMaxAge
    if (text === undefined || date === undefined || typeof maxAge !== 'number') return undefined
    if (!Number.isNaN(maxAge) && (!Number.isSafeInteger(maxAge) || maxAge < 0)) return undefined
    if (Number.isNaN(maxAge) !== Number.isNaN(date)) return undefined
    const numbers = [`${originalMaxAge}`, JSON.stringify(expires)]
    if (JSON.stringify(cookie) !== text.replaceAll('\n', () => numbers.shift())) return undefined
    const attributes = native.memoryIntern(this.#handle, text)
    return attributes === WHOLE ? undefined : { attributes, maxAge, expires: date }
  }

  #with(cookie, maxAge, expires) {
    const attributes = this.#numberOf(cookie)
    return attributes === WHOLE ? undefined : { attributes, maxAge, expires }
  }

  #numberOf(cookie) {
    const last = this.#last
    if (
      last.path !== cookie.path ||
      last.httpOnly !== cookie.httpOnly ||
      last.secure !== cookie.secure ||
      last.domain !== cookie.domain ||
      last.sameSite !== cookie.sameSite ||
      last.priority !== cookie.priority ||
      last.partitioned !== cookie.partitioned
    ) {
      const { partitioned, priority, secure, httpOnly, domain, path, sameSite } = cookie
      this.#last = { partitioned, priority, secure, httpOnly, domain, path, sameSite }
      const text = textOf(this.#last)
      this.#lastNumber = text === undefined ? WHOLE : native.memoryIntern(this.#handle, text)
    }
    return this.#lastNumber
  }

  /** Reads these attributes while the store is open: a session may be read when it has been closed. */
  learn(number) {
    if (number >= 0) this.#known[number] ??= this.#read(number)
  }

  /**
   * Creates a cookie as `new Cookie` does from its JSON, but without calling an accessor for each member.
   *
   * @returns {Cookie}
   */
  cookieOf({ attributes, maxAge, renewed }) {
    const known = this.#known[attributes]
    const date = Number.isNaN(renewed) ? null : new Date(renewed)
    const originalMaxAge = Number.isNaN(maxAge) ? null : maxAge
    const cookie = new BareCookie(known.path, date, originalMaxAge, known.httpOnly)
    // Most cookies have no others.
    if (known.others !== undefined) Object.assign(cookie, known.others)
    return cookie
  }

  #read(number) {
    const text = native.memoryAttributes(this.#handle, number).replaceAll('\n', 'null')
    const { path = '/', httpOnly = true, ...others } = parseNatively(text)
    delete others.originalMaxAge
    delete others.expires
    return { path, httpOnly, others: Object.keys(others).length > 0 ? others : undefined }
  }
}

/** V8 shows the function's name. */
const BareCookie = function Cookie(path, expires, originalMaxAge, httpOnly) {
  this.path = path
  this._expires = expires
  this.originalMaxAge = originalMaxAge
  this.httpOnly = httpOnly
}
BareCookie.prototype = Cookie.prototype

/** The time of a date as JSON has it, or undefined. */
function timeOfIso(text) {
  if (typeof text !== 'string') return undefined
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString() === text ? time : undefined
}

/**
 * The JSON of a cookie with line breaks in place of its numbers. Undefined if an attribute might not come back
 * unchanged.
 */
function textOf({ partitioned, priority, ...others }) {
  const first = { partitioned, priority }
  // A cookie that lacks one of these would get the default when it is read.
  if (others.path === undefined || others.httpOnly === undefined) return undefined
  const isPlain = (value) => value == null || ['string', 'boolean'].includes(typeof value)
  if (!Object.values({ ...first, ...others }).every(isPlain)) return undefined
  const members = (attributes) => {
    const text = JSON.stringify(attributes)
    return text === '{}' ? '' : `,${text.slice(1, -1)}`
  }
  return `{"originalMaxAge":\n${members(first)},"expires":\n${members(others)}}`
}

/**
 * Whether a session's JSON is its cookie followed by its data, and a session that is created from them has the
 * same data.
 */
function isInParts(session) {
  if (types.isProxy(session) || 'toJSON' in session) return false
  // Arrays, functions and boxed values have JSON of their own, and what is inherited is not in it.
  if (Object.prototype.toString.call(session) !== '[object Object]') return false
  if (!Object.prototype.propertyIsEnumerable.call(session, 'cookie')) return false
  let isFirst = true
  for (const name in session) {
    if (isFirst && name !== 'cookie') return false
    isFirst = false
    if (isTaken(name) && Object.hasOwn(session, name)) return false
  }
  return true
}

module.exports = { Parts, WHOLE }
