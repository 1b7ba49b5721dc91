'use strict'

/**
 * The JSON of a session without its own cookie: what decides whether a session was changed. The
 * cookie is left out because its expiry moves with every request.
 *
 * `JSON.stringify` with a replacer costs several times as much as without one, so the cookie leaves
 * itself out: while `leftOut` names it, its `toJSON` gives undefined, which drops the member.
 */

let leftOut = null
let timesLeftOut = 0

/** The `toJSON` of every cookie of ours. */
function toJSON() {
  // `JSON.stringify` says which member it is asking for. Anybody else may ask meanwhile.
  if (this === leftOut && arguments[0] === 'cookie') {
    timesLeftOut++
    return undefined
  }
  return this.data
}

/**
 * @param {object} session A session, or the data a store gave.
 * @returns {string}
 * @throws {TypeError} What `JSON.stringify` throws, for example for a circular structure; or, for a
 *   session without any JSON, what hashing nothing throws.
 */
function textWithoutCookie(session) {
  if (!canLeaveItselfOut(session)) return textWithReplacer(session)
  if (isEmpty(session)) return '{}'
  return quickText(session) ?? textWithReplacer(session)
}

/** Whether there is nothing but the cookie in it, as in every guest's session. */
function isEmpty(session) {
  // Arrays and boxed values have JSON of their own.
  if (Object.prototype.toString.call(session) !== '[object Object]') return false
  for (const key in session) {
    if (key !== 'cookie') return false
  }
  return true
}

/** Only our own, untouched cookie does, and only as a direct member of a session. */
function canLeaveItselfOut(session) {
  if (leftOut !== null || typeof session !== 'object' || session === null) return false
  const { cookie } = session
  return (
    typeof cookie === 'object' &&
    cookie !== null &&
    cookie.toJSON === toJSON &&
    typeof session.toJSON !== 'function' &&
    Object.prototype.propertyIsEnumerable.call(session, 'cookie')
  )
}

function quickText(session) {
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

/** A session's JSON up to the end of its cookie, as sessions of ours have it. */
const LEADING_COOKIE = /\{"cookie":\{(?:"\w+":(?:null|true|false|-?[\d.]+|"[^"\\]*"),?)*\}(?=[,}])/y

/**
 * The same as {@link textWithoutCookie}, of a session that was turned into JSON before.
 *
 * @param {string} text What `JSON.stringify` made of the session.
 */
function withoutCookie(text) {
  LEADING_COOKIE.lastIndex = 0
  if (!LEADING_COOKIE.test(text)) return textWithoutCookie(JSON.parse(text))
  const end = LEADING_COOKIE.lastIndex
  return text.charCodeAt(end) === 0x2c /* , */ ? `{${text.slice(end + 1)}` : '{}'
}

/** The JSON of a session, of that of its cookie and that of the rest. */
function join(cookie, rest) {
  return `{"cookie":${cookie}${rest === '{}' ? '}' : `,${rest.slice(1)}`}`
}

function textWithReplacer(session) {
  const outer = leftOut
  leftOut = null
  try {
    const text = JSON.stringify(session, function (key, value) {
      return key === 'cookie' && this === session ? undefined : value
    })
    // Loading it takes a while, and hardly anybody needs it.
    if (text === undefined) require('node:crypto').createHash('sha1').update(text, 'utf8')
    return text
  } finally {
    leftOut = outer
  }
}

module.exports = {
  canLeaveItselfOut,
  join,
  textWithoutCookie,
  toJSON,
  withoutCookie
}
