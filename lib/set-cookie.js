'use strict'

const { types } = require('node:util')
const native = require('./native')

const { HttpOnly, Secure, Partitioned } = native.CookieFlag

/**
 * The text of a `Set-Cookie` header: RFC 6265, with the attributes, their order and the errors of
 * the npm package `cookie` 0.7.
 *
 * @param {string} name
 * @param {string} value Any text; percent-encoded unless `attributes.encode` says how to encode it.
 * @param {object} [attributes] Those of a session's cookie, and `maxAge` in seconds.
 * @returns {string}
 * @throws {TypeError} For a name, a value or an attribute that no cookie can have.
 * @throws {URIError} For a value with a lone surrogate.
 */
function serializeCookie(name, value, attributes) {
  const { encode, maxAge, expires, path, domain, priority, sameSite, ...flags } = pick(attributes)
  if (encode && typeof encode !== 'function') throw new TypeError('option encode is invalid')
  try {
    return native.serializeCookie(
      `${name}`,
      `${encode ? encode(value) : value}`,
      Boolean(encode),
      (flags.httpOnly ? HttpOnly : 0) |
        (flags.secure ? Secure : 0) |
        (flags.partitioned ? Partitioned : 0),
      expires ? timeOf(expires) : null,
      path ? `${path}` : null,
      domain ? `${domain}` : null,
      sameSite ? word(sameSite === true ? 'strict' : sameSite) : null,
      priority ? word(priority) : null,
      maxAge == null ? null : Math.floor(maxAge)
    )
  } catch (error) {
    if (error.code === 'ERR_SESSION_SET_COOKIE') throw new TypeError(error.message)
    if (error.code === 'ERR_SESSION_MALFORMED_TEXT') throw new URIError(error.message)
    throw error
  }
}

function pick(attributes) {
  return attributes ?? {}
}

/** NaN, which the engine refuses, for anything that is not a valid date. */
function timeOf(date) {
  return Object.prototype.toString.call(date) === '[object Date]' ? Number(date.valueOf()) : NaN
}

/** A word the engine refuses for anything that is no string. */
function word(value) {
  return typeof value === 'string' ? value : 'invalid'
}

/**
 * Writes the `Set-Cookie` headers of one middleware. One is much like the other: all but value and
 * expiry is kept from the last one, for as long as the attributes are the same.
 */
class SessionCookies {
  #name
  #attributes
  /** The attributes before the expiry, and those after it. */
  #before
  #after
  /** The last expiry, in seconds, and its text. */
  #second
  #date

  /** @param {string} name */
  constructor(name) {
    this.#name = name
  }

  /** The same as {@link serializeCookie}. */
  serialize(value, attributes) {
    if (!isPlain(attributes)) return serializeCookie(this.#name, value, attributes)
    if (!this.#isLike(attributes)) {
      // What cannot be written fails here, and is not kept.
      const text = serializeCookie(this.#name, value, attributes)
      this.#keep(attributes)
      return text
    }
    const start = `${this.#name}=${encodeURIComponent(value)}${this.#before}`
    const { expires } = attributes
    return expires
      ? `${start}; Expires=${this.#dateOf(expires)}${this.#after}`
      : start + this.#after
  }

  #isLike(attributes) {
    const last = this.#attributes
    return (
      last !== undefined &&
      last.path === attributes.path &&
      last.domain === attributes.domain &&
      last.httpOnly === attributes.httpOnly &&
      last.secure === attributes.secure &&
      last.partitioned === attributes.partitioned &&
      last.priority === attributes.priority &&
      last.sameSite === attributes.sameSite
    )
  }

  #keep({ path, domain, httpOnly, secure, partitioned, priority, sameSite }) {
    // What an object is as text may change.
    if ([path, domain, priority, sameSite].some((value) => Object(value) === value)) return
    const kept = { path, domain, httpOnly, secure, partitioned, priority, sameSite }
    const mark = '; Expires=Thu, 01 Jan 1970 00:00:00 GMT'
    const text = serializeCookie(this.#name, '', { ...kept, expires: new Date(0) })
    // No attribute has a semicolon in it.
    const at = text.indexOf(mark)
    this.#attributes = kept
    this.#before = text.slice(`${this.#name}=`.length, at)
    this.#after = text.slice(at + mark.length)
  }

  #dateOf(date) {
    const second = Math.floor(date.getTime() / 1000)
    if (second !== this.#second) {
      this.#date = date.toUTCString()
      this.#second = second
    }
    return this.#date
  }
}

/** Whether these are attributes as `Cookie.prototype.data` gives them, and the expiry is valid. */
function isPlain(attributes) {
  if (typeof attributes !== 'object' || attributes === null) return false
  const { encode, expires, maxAge } = attributes
  if (encode !== undefined || maxAge !== undefined) return false
  if (!expires) return true
  return (
    types.isDate(expires) &&
    Object.getPrototypeOf(expires) === Date.prototype &&
    !Number.isNaN(expires.getTime())
  )
}

module.exports = { SessionCookies, serializeCookie }
