'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')

/**
 * Makes a session of the data that a store holds. `data` becomes part of it and is not copied.
 *
 * @param {object} req
 * @param {object} data
 * @throws {TypeError} If the data have no cookie.
 */
function sessionOf(req, data) {
  const expires = data.cookie.expires
  const originalMaxAge = data.cookie.originalMaxAge

  data.cookie = new Cookie(data.cookie)
  if (typeof expires === 'string') data.cookie.expires = new Date(expires)
  // Setting the expiry has made the time left the original one.
  data.cookie.originalMaxAge = originalMaxAge

  return new Session(req, data)
}

const { toJSON } = Cookie.prototype

/** Most cookies that do not expire have the same JSON. */
let lastText
let lastData

/**
 * The same for the parts of a session's JSON, from {@link import('./session-text').split}.
 *
 * @param {object} req
 * @param {{ cookie: string, rest: string }} parts
 */
function sessionOfParts(req, { cookie: text, rest }) {
  if (text !== lastText) {
    lastData = JSON.parse(text)
    lastText = text
  }
  const { expires, originalMaxAge } = lastData
  const cookie = new Cookie(lastData)
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  cookie.originalMaxAge = originalMaxAge

  const session = new Session(req, { cookie })
  if (rest !== '{}') {
    const data = JSON.parse(rest)
    for (const name in data) {
      if (!(name in session)) session[name] = data[name]
    }
  }
  return session
}

/** Whether a cookie has the attributes that this JSON of one has, and does not expire. */
function isCookieLike(cookie, text) {
  return (
    text === lastText &&
    typeof cookie === 'object' &&
    cookie !== null &&
    Object.getPrototypeOf(cookie) === Cookie.prototype &&
    cookie.toJSON === toJSON &&
    cookie._expires === null &&
    lastData.expires === null &&
    cookie.originalMaxAge === lastData.originalMaxAge &&
    cookie.path === lastData.path &&
    cookie.httpOnly === lastData.httpOnly &&
    cookie.secure === lastData.secure &&
    cookie.domain === lastData.domain &&
    cookie.sameSite === lastData.sameSite &&
    cookie.partitioned === lastData.partitioned &&
    cookie.priority === lastData.priority
  )
}

module.exports = { isCookieLike, sessionOf, sessionOfParts }
