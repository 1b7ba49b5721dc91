'use strict'

const crypto = require('crypto')

/**
 * The JSON of a session without its cookie, which decides whether a session was changed. The cookie is left
 * out because its expiry moves with every request.
 *
 * `JSON.stringify` takes several times as long with a replacer, so the cookie leaves itself out: while
 * `leftOut` is that cookie, its `toJSON` returns undefined, which drops the member.
 */

let leftOut = null

/** The `toJSON` of all our cookies. */
function toJSON() {
  // `JSON.stringify` passes the name of the member.
  if (this === leftOut && arguments[0] === 'cookie') {
    // Only once: the data may contain the cookie as well.
    leftOut = null
    return undefined
  }
  return this.data
}

/**
 * @param {object} session A session, or the data that a store returned.
 * @returns {string}
 * @throws {TypeError} The error of `JSON.stringify`, for example for a circular structure; for a session
 *   without JSON, the error of hashing undefined, as in express-session.
 */
function dataJson(session) {
  if (!canLeaveCookieOut(session)) return dataJsonByReplacer(session)
  let isFirst = true
  for (const key in session) {
    // Members before the cookie may contain it as well.
    if (isFirst && key !== 'cookie') return dataJsonByReplacer(session)
    if (!isFirst) return quickDataJson(session)
    isFirst = false
  }
  // Guests' sessions only contain their cookie.
  return '{}'
}

/** Only our cookies, with their original `toJSON`, leave themselves out, and only as a direct member. */
function canLeaveCookieOut(session) {
  if (leftOut !== null || !hasNativeJson()) return false
  if (typeof session !== 'object' || session === null) return false
  const { cookie } = session
  return (
    typeof cookie === 'object' &&
    cookie !== null &&
    cookie.toJSON === toJSON &&
    typeof session.toJSON !== 'function' &&
    // Arrays and boxed values have JSON of their own.
    Object.prototype.toString.call(session) === '[object Object]' &&
    Object.prototype.propertyIsEnumerable.call(session, 'cookie')
  )
}

function quickDataJson(session) {
  leftOut = session.cookie
  try {
    return JSON.stringify(session)
  } finally {
    leftOut = null
  }
}

function dataJsonByReplacer(session) {
  const outer = leftOut
  leftOut = null
  try {
    const text = JSON.stringify(session, function (key, value) {
      return key === 'cookie' && this === session ? undefined : value
    })
    if (text === undefined) crypto.createHash('sha1').update(text, 'utf8')
    return text
  } finally {
    leftOut = outer
  }
}

const { parse, stringify } = JSON
const isNative = isNativeFunction(parse) && isNativeFunction(stringify)

/** Whether `JSON` is the built-in one. Applications may replace it with another codec. */
function hasNativeJson() {
  return isNative && JSON.stringify === stringify && JSON.parse === parse
}

/** Whether a function is built in: others show their source. */
function isNativeFunction(value) {
  if (typeof value !== 'function') return false
  return /^function \w+\(\)\s*\{\s*\[native code\]\s*\}$/.test(
    Function.prototype.toString.call(value)
  )
}

module.exports = {
  cookieToJSON: toJSON,
  dataJson,
  hasNativeJson,
  isNativeFunction,
  /** The original `JSON.parse`, even if an application has replaced it since. */
  parseNatively: parse
}
