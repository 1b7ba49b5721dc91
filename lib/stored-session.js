'use strict'

const { types } = require('node:util')
const Session = require('../session/session')
const { fromData, writeCookie } = require('./cookie-text')
const { canLeaveItselfOut, join } = require('./session-text')

/**
 * Makes a session of the data that a store holds. `data` becomes part of it and is not copied.
 *
 * @param {object} req
 * @param {object} data
 * @throws {TypeError} If the data have no cookie.
 */
function sessionOf(req, data) {
  data.cookie = fromData(data.cookie)
  return new Session(req, data)
}

/**
 * The same for the parts of a session's JSON, into which our own store has taken it apart.
 *
 * @param {object} req
 * @param {import('./cookie-text').StoredCookie} cookie
 * @param {string} rest
 */
function sessionOfParts(req, cookie, rest) {
  const session = new Session(req)
  if (!('cookie' in session)) session.cookie = cookie.toCookie()
  if (rest !== '{}') {
    const data = JSON.parse(rest)
    for (const name in data) {
      if (!(name in session)) session[name] = data[name]
    }
  }
  return session
}

/**
 * The JSON of a session, of which the part without its cookie is known already: only the cookie is
 * left to be turned into JSON.
 *
 * @param {object} session
 * @param {string} [rest] What `textWithoutCookie` has just given for this session.
 * @returns {string | undefined}
 */
function wholeText(session, rest) {
  if (rest !== undefined && canLeaveItselfOut(session) && firstKey(session) === 'cookie') {
    const cookie = writeCookie(session.cookie)
    if (cookie !== undefined) return join(cookie, rest)
  }
  return JSON.stringify(session)
}

/**
 * Whether a session that is made of this one's JSON has all of its members: those that are named like
 * something that each session has anyway are dropped. No code of an application's is called for it.
 *
 * @param {unknown} session
 */
function hasOnlyData(session) {
  if (typeof session !== 'object' || session === null || types.isProxy(session)) return false
  // Then the JSON may be anything.
  if ('toJSON' in session) return false
  for (const name in session) {
    const isTaken = name in Session.prototype || name === 'id' || name === 'req'
    if (isTaken && Object.hasOwn(session, name)) return false
  }
  return true
}

/**
 * Parses a session's JSON and judges its expiry by JavaScript's rules: a string is parsed as a date,
 * anything else is compared as it is.
 *
 * @param {string} text
 * @param {() => void} onExpired
 * @returns {object | undefined}
 */
function unexpired(text, onExpired) {
  const session = JSON.parse(text)
  if (session.cookie) {
    let { expires } = session.cookie
    if (typeof expires === 'string') expires = new Date(expires)
    if (expires && expires <= Date.now()) {
      onExpired()
      return undefined
    }
  }
  return session
}

function firstKey(object) {
  for (const key in object) return key
}

module.exports = { hasOnlyData, sessionOf, sessionOfParts, unexpired, wholeText }
