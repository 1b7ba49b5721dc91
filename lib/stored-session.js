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

module.exports = { sessionOf }
