'use strict'

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

module.exports = { serializeCookie }
