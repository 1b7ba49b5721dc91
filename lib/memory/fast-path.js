'use strict'

const MemoryStore = require('../../session/memory')
const { sessionsBehind } = require('./view')

const { createSession, destroy, get, set, touch } = MemoryStore.prototype

/**
 * May our own store be used without its callbacks, for this id, now?
 *
 * A MemoryStore answers synchronously. On this fast path, a session is read together with its id, sessions that
 * are not used are not parsed, and the response goes out in one write. It is only taken while the store's
 * methods are unmodified. They are looked up on every call, as with any store.
 *
 * @param {object} store
 * @param {unknown} [sid]
 * @returns {import('./sessions').MemorySessions | undefined} The sessions to use. Undefined for a closed store,
 *   which reports that through its callbacks.
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

/**
 * Whether a MemoryStore has bounds and a `ttl`. Undefined for other stores.
 *
 * @param {object} store
 * @returns {{ hasTtl: boolean, isBounded: boolean } | undefined}
 */
function memoryTraits(store) {
  if (!(store instanceof MemoryStore)) return undefined
  const { hasTtl = false, isBounded = false } = sessionsBehind(store.sessions) ?? {}
  return { hasTtl, isBounded }
}

module.exports = { fastPath, memoryTraits }
