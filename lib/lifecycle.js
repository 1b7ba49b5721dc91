'use strict'

const native = require('./native')

/**
 * When is a session saved, touched or destroyed, and when is its cookie set? The rules are in the
 * engine's `lifecycle.rs`; here its answers are looked up, by the number that stands for a state.
 *
 * `Fact` has the bits of that number, `AtHeaders` and `AtEnd` the answers; their names are the engine's.
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
 * The facts that the options decide.
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

/** The facts about `req.session`, when the request began with the session of this id. */
function factsOfSession(session, id) {
  if (!session) return session == null ? Fact.SessionUnset : 0
  return id === session.id ? Fact.SessionPresent : Fact.SessionPresent | Fact.IdChanged
}

/** The facts about `req.sessionID`, when the client's cookie said `cookieId`. */
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
