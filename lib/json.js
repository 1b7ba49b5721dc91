'use strict'

const crypto = require('crypto')

/**
 * The JSON of a session without its cookie: what decides whether a session was changed. The cookie is
 * left out because its expiry moves with every request.
 *
 * `JSON.stringify` with a replacer takes several times as long as without one, so the cookie leaves
 * itself out: while `leftOut` is that cookie, its `toJSON` gives undefined, which drops the member.
 */

let leftOut = null
let timesLeftOut = 0

/** The `toJSON` of every cookie of ours. */
function toJSON() {
  // `JSON.stringify` says which member it asks for. Others may ask in between.
  if (this === leftOut && arguments[0] === 'cookie') {
    timesLeftOut++
    return undefined
  }
  return this.data
}

/**
 * @param {object} session A session, or the data that a store gave.
 * @returns {string}
 * @throws {TypeError} What `JSON.stringify` throws, for example for a circular structure; or, for a
 *   session without any JSON, what hashing nothing throws.
 */
function dataJson(session) {
  if (!canLeaveCookieOut(session)) return dataJsonByReplacer(session)
  if (isEmpty(session)) return '{}'
  return quickDataJson(session) ?? dataJsonByReplacer(session)
}

/** Whether the session holds nothing but its cookie, as those of guests do. */
function isEmpty(session) {
  // Arrays and boxed values have JSON of their own.
  if (Object.prototype.toString.call(session) !== '[object Object]') return false
  for (const key in session) {
    if (key !== 'cookie') return false
  }
  return true
}

/** Only a cookie of ours with its own `toJSON` leaves itself out, and only as a direct member. */
function canLeaveCookieOut(session) {
  if (leftOut !== null || !hasNativeJson()) return false
  if (typeof session !== 'object' || session === null) return false
  const { cookie } = session
  return (
    typeof cookie === 'object' &&
    cookie !== null &&
    cookie.toJSON === toJSON &&
    typeof session.toJSON !== 'function' &&
    Object.prototype.propertyIsEnumerable.call(session, 'cookie')
  )
}

function quickDataJson(session) {
  leftOut = session.cookie
  timesLeftOut = 0
  try {
    const text = JSON.stringify(session)
    // A session may hold its cookie a second time, and that one belongs to its data.
    return timesLeftOut === 1 ? text : undefined
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

/** Whether `JSON` is the engine's own. Applications may put another codec in its place. */
function hasNativeJson() {
  return isNative && JSON.stringify === stringify && JSON.parse === parse
}

/** A function that was replaced shows its source. */
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
  /** `JSON.parse`, whatever an application has put in its place since. */
  parseNatively: parse
}
