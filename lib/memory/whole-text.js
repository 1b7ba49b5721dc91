'use strict'

/** Sessions as whole text: what was assigned to `store.sessions[sid]`, and sessions that have no parts. */

/**
 * Parses a session. As in express-session, an empty text counts as absent, and the text `null` is an error.
 *
 * @param {string | null} text
 * @returns {object | undefined}
 */
function parseSession(text) {
  if (!text) return undefined
  const session = JSON.parse(text)
  if (session === null) throw new TypeError("Cannot read properties of null (reading 'cookie')")
  return session
}

/** Determines the expiry and the class of a session, and whether reading it gives none or an error. */
function judge(text) {
  let session
  try {
    session = JSON.parse(text)
  } catch {
    // Invalid JSON does not expire.
  }
  if (typeof session !== 'object' || session === null) {
    return { expires: NaN, isAnonymous: false, isVoid: !session }
  }
  const isAnonymous = Object.keys(session).every((name) => name === 'cookie')
  return { expires: expiryOf(session.cookie), isAnonymous, isVoid: false, session }
}

/** When a session with this cookie expires by the rules of express-session, or NaN. */
function expiryOf(cookie) {
  const expires = cookie?.expires
  if (!expires) return NaN
  return Math.ceil(typeof expires === 'string' ? +new Date(expires) : +expires)
}

const LONE_SURROGATE = /[\ud800-\udfff]/gu
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16)}`

/** JSON may contain half a surrogate pair, and UTF-8 may not. The escape sequence means the same. */
function wellFormed(text) {
  return text.isWellFormed() ? text : text.replace(LONE_SURROGATE, escaped)
}

module.exports = { expiryOf, judge, parseSession, wellFormed }
