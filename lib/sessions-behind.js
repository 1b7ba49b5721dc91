'use strict'

/**
 * Which sessions are behind a MemoryStore's view of them. Apart from the sessions themselves, because an
 * application with another store never needs to load those.
 */

/** @type {WeakMap<object, import('./memory-sessions').MemorySessions>} */
const behind = new WeakMap()

/**
 * @param {object} view
 * @param {import('./memory-sessions').MemorySessions} sessions
 */
function putBehind(view, sessions) {
  behind.set(view, sessions)
}

/**
 * @param {object} view
 * @param {unknown} [sid] The session that is asked for.
 * @returns {MemorySessions | undefined} Undefined for an object that is no view, and for an id that
 *   has no text: a symbol, which the object behind the view keeps like any object.
 */
function sessionsBehind(view, sid) {
  return typeof sid === 'symbol' ? undefined : behind.get(view)
}

/** Tells failures of a store, such as being full, from those of who uses it. */
function isStoreFailure(error) {
  return Boolean(error?.code?.startsWith?.('ERR_SESSION_STORE'))
}

module.exports = { isStoreFailure, putBehind, sessionsBehind }
