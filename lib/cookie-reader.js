'use strict'

const debug = require('debug')('express-session')
const { NoId } = require('./native')

/**
 * The session id that a request's Cookie header carries.
 *
 * @param {object} req
 * @param {string} name The cookie's name.
 * @param {import('./secrets').Secrets} verifier
 * @param {unknown[]} secrets
 * @param {import('./memory-sessions').MemorySessions} [sessions] Those that the id is for.
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
 * The session id where cookie-parser, which older applications put in front, left it.
 *
 * @param {unknown} id What is the id if there is none here either.
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

module.exports = { readHeader, readParsedCookies }
