'use strict'

const native = require('./native')

const { Fact } = native

/** The lifecycle's decisions in every state; the engine's module `lifecycle` says what they mean. */
const decisions = native.decisionTable()

/**
 * The part of a state that the options decide.
 *
 * @param {object} options
 * @param {unknown} options.saveUninitialized
 * @param {boolean} options.rolling
 * @param {boolean} options.unsetDestroys
 * @param {boolean} options.storeCanTouch
 * @returns {number}
 */
function stateOfOptions({ saveUninitialized, rolling, unsetDestroys, storeCanTouch }) {
  return (
    (saveUninitialized ? Fact.SaveUninitialized : 0) |
    (rolling ? Fact.Rolling : 0) |
    (unsetDestroys ? Fact.UnsetDestroys : 0) |
    (storeCanTouch ? Fact.StoreCanTouch : 0)
  )
}

/** What there is to say of `req.session` when the session had this id as the request began. */
function factsOfSession(session, id) {
  if (!session) return session == null ? Fact.SessionUnset : 0
  return id === session.id ? Fact.SessionPresent : Fact.SessionPresent | Fact.IdChanged
}

/** What there is to say of `req.sessionID` when the client's cookie said `cookieId`. */
function factsOfId(id, cookieId) {
  return (
    (typeof id === 'string' ? Fact.IdText : 0) |
    (id ? Fact.IdTruthy : 0) |
    (id === cookieId ? Fact.IdFromCookie : 0)
  )
}

/** @returns {number} One of `AtHeaders`. */
function atHeaders(state) {
  return decisions[state] >> 4
}

/** @returns {number} One of `AtEnd`. */
function atEnd(state) {
  return decisions[state] & 15
}

module.exports = { atEnd, atHeaders, factsOfId, factsOfSession, stateOfOptions }
