'use strict'

const native = require('./native')

/**
 * When is a session saved, touched or destroyed, and when is its cookie set? The rules are in the engine's
 * `lifecycle.rs`. This module looks up its answers by the number of a state.
 *
 * `Fact` has the bits of that number, `AtHeaders` and `AtEnd` the answers, named as in the engine.
 */
const { facts: Fact, atHeaders: AtHeaders, atEnd: AtEnd, table: decisions } = native.lifecycle()

/** @returns {number} One of `AtHeaders`. */
function decideAtHeaders(facts) {
  return decisions[facts] >> 4
}

/** @returns {number} One of `AtEnd`. */
function decideAtEnd(facts) {
  return decisions[facts] & 15
}

/**
 * The facts that depend on the options.
 *
 * @param {object} options
 * @param {unknown} options.saveUninitialized
 * @param {boolean} options.rolling
 * @param {boolean} options.unsetDestroys
 * @param {boolean} options.storeCanTouch
 * @returns {number}
 */
function factsOfOptions({ saveUninitialized, rolling, unsetDestroys, storeCanTouch }) {
  return (
    (saveUninitialized ? Fact.SaveUninitialized : 0) |
    (rolling ? Fact.Rolling : 0) |
    (unsetDestroys ? Fact.UnsetDestroys : 0) |
    (storeCanTouch ? Fact.StoreCanTouch : 0)
  )
}

/** The facts about `req.session`, if the request began with the session with this id. */
function factsOfSession(session, id) {
  if (!session) return session == null ? Fact.SessionUnset : 0
  return id === session.id ? Fact.SessionPresent : Fact.SessionPresent | Fact.IdChanged
}

/** The facts about `req.sessionID`, if the client's cookie contained `cookieId`. */
function factsOfId(id, cookieId) {
  return (
    (typeof id === 'string' ? Fact.IdText : 0) |
    (id ? Fact.IdTruthy : 0) |
    (id === cookieId ? Fact.IdFromCookie : 0)
  )
}

module.exports = {
  AtEnd,
  AtHeaders,
  Fact,
  decideAtEnd,
  decideAtHeaders,
  factsOfId,
  factsOfOptions,
  factsOfSession
}
