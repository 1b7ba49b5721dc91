'use strict'

const MemoryStore = require('../session/memory')
const Session = require('../session/session')
const { sessionsBehind } = require('./sessions-behind')
const { areUntouched } = require('./untouched-prototypes')

/**
 * A MemoryStore answers at once, so the middleware need not go through its callbacks: that
 * reads a session together with its id, and lets the response go out in one write. Only when nobody has put
 * anything of their own in between, though; methods are looked up at every call, as they are when
 * a store is used through its callbacks.
 */

const { createSession, destroy, get, set, touch } = MemoryStore.prototype
const { save } = Session.prototype

/** Whether a store is a MemoryStore that nobody has given bounds to. */
function isUnbounded(store) {
  return store instanceof MemoryStore && sessionsBehind(store.sessions)?.isBounded !== true
}

/** The sessions to read from directly, or undefined. */
function forGet(store, sid) {
  return store.get === get ? openSessions(store, sid) : undefined
}

/** Whether `req.session` gets the very data that the store held. */
function createsPlainly(store) {
  return store.createSession === createSession
}

/** The sessions to remove one from directly, or undefined. */
function forDestroy(store, sid) {
  return store.destroy === destroy ? openSessions(store, sid) : undefined
}

/** The sessions to renew one in directly, or undefined. */
function forTouch(store, sid) {
  return store.touch === touch ? openSessions(store, sid) : undefined
}

/**
 * The sessions to renew one in directly without its being made for that, or undefined: somebody may
 * have a way of touching of their own.
 */
function forTouchUnread(store, sid) {
  return areUntouched() ? forTouch(store, sid) : undefined
}

/**
 * The sessions to save one in directly, or undefined. Saving goes through the session, so its `save`
 * has to be the prototype's, or `watched`: the one the middleware put there itself. The store may
 * refuse it.
 */
function forSave(session, watched) {
  if (!(session instanceof Session) || Session.prototype.save !== save) return undefined
  if (!watched && session.save !== save) return undefined
  const store = session.req.sessionStore
  return store && store.set === set ? openSessions(store, session.id) : undefined
}

/** A closed store says so through its callbacks. */
function openSessions(store, sid) {
  const sessions = sessionsBehind(store.sessions, sid)
  return sessions?.isOpen ? sessions : undefined
}

module.exports = {
  isUnbounded,
  createsPlainly,
  forDestroy,
  forGet,
  forSave,
  forTouch,
  forTouchUnread
}
