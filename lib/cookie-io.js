'use strict'

const debug = require('debug')('express-session')
const { types } = require('util')
const native = require('./native')

const { NoId } = native
const { HttpOnly, Secure, Partitioned } = native.CookieFlag

/**
 * The session id in a request's Cookie header.
 *
 * @param {object} req
 * @param {string} name The cookie's name.
 * @param {import('./secrets').Secrets} verifier
 * @param {unknown[]} secrets
 * @param {import('./memory/sessions').MemorySessions} [sessions] Where to read the session, too.
 * @returns {string | undefined}
 * @throws {TypeError} If the header is not a string.
 */
function readHeader(req, name, verifier, secrets, sessions) {
  const header = req.headers.cookie
  if (!header) return undefined
  if (typeof header !== 'string') throw new TypeError('argument str must be a string')
  return verified(verifier.readCookie(secrets, header, name, sessions))
}

/**
 * The session id from cookie-parser, which older applications run before the sessions.
 *
 * @param {unknown} id The id if there is none here either.
 * @returns {unknown} An application may set `req.signedCookies` itself, to anything, and gets it back as
 *   `req.sessionID`.
 */
function readParsedCookies(req, name, verifier, secrets, id) {
  if (req.signedCookies) id = req.signedCookies[name]

  if (!id && req.cookies) {
    const value = req.cookies[name]
    if (value) {
      // cookie-parser turns values that start with `j:` into objects, which are not signed.
      const result = typeof value === 'string' ? verifier.verify(secrets, value) : NoId.Unsigned
      const parsed = verified(result)
      if (result !== NoId.Unsigned) id = parsed
    }
  }

  return id
}

function verified(result) {
  if (typeof result === 'string') return result
  if (result === NoId.Unsigned) debug('cookie unsigned')
  if (result === NoId.Invalid) debug('cookie signature invalid')
  return undefined
}

/**
 * Whether the client's connection is encrypted, as far as the server can tell.
 *
 * @param {object} req
 * @param {unknown} trustProxy Option `proxy`: `true` trusts `X-Forwarded-Proto`, `false` only the socket,
 *   anything else Express's own `req.secure` (setting "trust proxy").
 */
function isSecure(req, trustProxy) {
  const socket = req.connection || req.socket
  if (socket && socket.encrypted) return true
  if (trustProxy === false) return false
  if (trustProxy !== true) return req.secure === true

  // The client's protocol comes first in the list.
  const protocols = req.headers['x-forwarded-proto'] || ''
  return protocols.split(',', 1)[0].toLowerCase().trim() === 'https'
}

/**
 * The text of a `Set-Cookie` header: RFC 6265, with the attributes, their order and the errors of
 * the npm package `cookie` 0.7.
 *
 * @param {string} name
 * @param {string} value Any text; percent-encoded unless there is an `attributes.encode`.
 * @param {object} [attributes] Those of a session's cookie, and `maxAge` in seconds.
 * @returns {string}
 * @throws {TypeError} For a name, a value or an attribute that is not valid in a cookie.
 * @throws {URIError} For a value with a lone surrogate.
 */
function serializeCookie(name, value, attributes) {
  const expires = attributes?.expires
  return serializeWith(name, value, attributes, expires ? textOfDate(expires) : null)
}

function serializeWith(name, value, attributes, date) {
  const { encode, maxAge, path, domain, priority, sameSite, ...flags } = attributes ?? {}
  if (encode && typeof encode !== 'function') throw new TypeError('option encode is invalid')
  try {
    return native.serializeCookie(
      `${name}`,
      `${encode ? encode(value) : value}`,
      Boolean(encode),
      (flags.httpOnly ? HttpOnly : 0) |
        (flags.secure ? Secure : 0) |
        (flags.partitioned ? Partitioned : 0),
      date,
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

/** The date as text. Empty for an invalid date, which the engine refuses. */
function textOfDate(date) {
  if (Object.prototype.toString.call(date) !== '[object Date]') return ''
  return Number.isFinite(Number(date.valueOf())) ? `${date.toUTCString()}` : ''
}

/** A string, or a word that the engine refuses for anything else. */
function word(value) {
  return typeof value === 'string' ? value : 'invalid'
}

/**
 * Writes the `Set-Cookie` headers of one middleware. While the attributes stay the same, everything except for
 * the value and the expiry is cached.
 */
class SessionCookies {
  #name
  #attributes
  /** The text before the expiry, and the text after it. */
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
      // Invalid attributes throw here and are not cached.
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
    // The text of an object may change.
    if ([path, domain, priority, sameSite].some((value) => Object(value) === value)) return
    const kept = { path, domain, httpOnly, secure, partitioned, priority, sameSite }
    const text = serializeWith(this.#name, '', kept, 'a date')
    const mark = '; Expires=a date'
    // No attribute contains a semicolon.
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

/** Whether these are attributes as `Cookie.prototype.data` returns them, with a valid expiry. */
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

module.exports = { SessionCookies, isSecure, readHeader, readParsedCookies, serializeCookie }
