'use strict'

const debug = require('debug')('express-session')
const { NoId } = require('./native')

/**
 * The session id that a request carries: in its Cookie header, or else where cookie-parser, which
 * older applications put in front, left it.
 *
 * @param {object} req
 * @param {string} name The cookie's name.
 * @param {import('./secrets').Secrets} verifier
 * @param {unknown[]} secrets
 * @param {() => void} onParsedElsewhere Called when the id was not in the header.
 * @returns {unknown} A string if there is an id. An application that sets `req.signedCookies` itself
 *   may put anything there, and gets it back as `req.sessionID`.
 */
function readSessionId(req, name, verifier, secrets, onParsedElsewhere) {
  const header = req.headers.cookie
  let id

  if (header) {
    if (typeof header !== 'string') throw new TypeError('argument str must be a string')
    id = verified(verifier.readCookie(secrets, header, name))
  }

  if (!id && req.signedCookies) {
    id = req.signedCookies[name]
    if (id) onParsedElsewhere()
  }

  if (!id && req.cookies) {
    const value = req.cookies[name]
    if (value) {
      // cookie-parser turns a value that starts with `j:` into an object: that is no session's.
      const result = typeof value === 'string' ? verifier.verify(secrets, value) : NoId.Unsigned
      const parsed = verified(result)
      if (parsed) onParsedElsewhere()
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

module.exports = { readSessionId }
