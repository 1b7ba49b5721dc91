'use strict'

const MemoryStore = require('../../session/memory')
const { sessionsBehind } = require('./view')

const { createSession, destroy, get, set, touch } = MemoryStore.prototype

/**
 * May our own store be used without its callbacks, for this id, now?
 *
 * A MemoryStore has its answer at once. Without callbacks, a session is read together with its id, nothing
 * is parsed that nobody looks at, and the response goes out in one write. But only while nobody has put
 * anything of their own in between. Methods are looked up at every call, as with any store.
 *
 * @param {object} store
 * @param {unknown} [sid]
 * @returns {import('./sessions').MemorySessions | undefined} The sessions to use. A closed store says so
 *   through its callbacks.
 */
function fastPath(store, sid) {
  if (
    store.get !== get ||
    store.set !== set ||
    store.destroy !== destroy ||
    store.touch !== touch ||
    store.createSession !== createSession
  ) {
    return undefined
  }
  const sessions = sessionsBehind(store.sessions, sid)
  return sessions?.isOpen ? sessions : undefined
}

/** Whether a store is a MemoryStore that was given no bounds. */
function isUnbounded(store) {
  return store instanceof MemoryStore && sessionsBehind(store.sessions)?.isBounded !== true
}

module.exports = { fastPath, isUnbounded }
