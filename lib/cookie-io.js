'use strict'

const debug = require('debug')('express-session')
const { types } = require('util')
const native = require('./native')

const { NoId } = native
const { HttpOnly, Secure, Partitioned } = native.CookieFlag

/**
 * The session id that a request's Cookie header carries.
 *
 * @param {object} req
 * @param {string} name The cookie's name.
 * @param {import('./secrets').Secrets} verifier
 * @param {unknown[]} secrets
 * @param {import('./memory/sessions').MemorySessions} [sessions] Those that the id is for.
 * @returns {string | undefined}
 * @throws {TypeError} If the header is no string.
 */
function readHeader(req, name, verifier, secrets, sessions) {
  const header = req.headers.cookie
  if (!header) return undefined
  if (typeof header !== 'string') throw new TypeError('argument str must be a string')
  return verified(verifier.readCookie(secrets, header, name, sessions))
}

/**
 * The session id where cookie-parser left it, which older applications put in front.
 *
 * @param {unknown} id The id if there is none here either.
 * @returns {unknown} An application that sets `req.signedCookies` itself may put anything there, and
 *   gets it back as `req.sessionID`.
 */
function readParsedCookies(req, name, verifier, secrets, id) {
  if (req.signedCookies) id = req.signedCookies[name]

  if (!id && req.cookies) {
    const value = req.cookies[name]
    if (value) {
      // cookie-parser turns a value that starts with `j:` into an object: that is no session's.
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
 * Whether the client's connection is encrypted, as far as that can be known.
 *
 * @param {object} req
 * @param {unknown} trustProxy Option `proxy`: `true` believes `X-Forwarded-Proto`, `false` only the
 *   socket, anything else Express's own `req.secure` (setting "trust proxy").
 */
function isSecure(req, trustProxy) {
  const socket = req.connection || req.socket
  if (socket && socket.encrypted) return true
  if (trustProxy === false) return false
  if (trustProxy !== true) return req.secure === true

  // The client's own protocol comes first in the list.
  const protocols = req.headers['x-forwarded-proto'] || ''
  return protocols.split(',', 1)[0].toLowerCase().trim() === 'https'
}

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

/** Empty, which the engine refuses, for anything that is not a valid date. */
function textOfDate(date) {
  if (Object.prototype.toString.call(date) !== '[object Date]') return ''
  return Number.isFinite(Number(date.valueOf())) ? `${date.toUTCString()}` : ''
}

/** A word that the engine refuses for anything that is no string. */
function word(value) {
  return typeof value === 'string' ? value : 'invalid'
}

/**
 * Writes the `Set-Cookie` headers of one middleware. One is much like the other: all but the value and
 * the expiry is kept from the last one, for as long as the attributes are the same.
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
    const text = serializeWith(this.#name, '', kept, 'a date')
    const mark = '; Expires=a date'
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

module.exports = { SessionCookies, isSecure, readHeader, readParsedCookies, serializeCookie }
