'use strict'

const { inherits } = require('node:util')
const { isStoreFailure, sessionsBehind } = require('../lib/sessions-behind')
const { unexpired } = require('../lib/stored-session')
const Store = require('./store')

module.exports = MemoryStore

// An application's fake timers must not hold back callbacks.
const defer = setImmediate

/**
 * Keeps sessions in this process's memory, outside of the JavaScript heap. Expired sessions are
 * freed, also those that nobody asks for again. Without options, they end with the process.
 *
 * `sessions` is a view of them: session ids as keys, JSON as values. Code that replaces it by a
 * plain object of its own gets what it asks for: its sessions are kept there from then on.
 *
 * @param {import('..').MemoryStoreOptions} [options] See `index.d.ts` or `docs/memory-store.md`.
 *   Unknown ones are ignored, and all are where `new` is not used: `MemoryStore.call(this, options)`.
 * @throws {TypeError} For an option of a wrong type or out of range.
 */
function MemoryStore(options = {}) {
  Store.call(this)
  // Not loaded before there is one: applications with another store never need it.
  const { createView } = require('../lib/memory-sessions')
  // Stores that are made without `new` pass options of their own on to express-session's MemoryStore,
  // which has none. The same name may mean something else there, such as a `ttl` in seconds.
  this.sessions = createView(this, new.target ? options : {})
}

inherits(MemoryStore, Store)

/** Calls back with all sessions by id. */
MemoryStore.prototype.all = function all(callback) {
  const { error, result } = attempt(() => {
    const sessions = Object.create(null)
    for (const sid of Object.keys(this.sessions)) {
      const session = read(this, sid)
      if (session) sessions[sid] = session
    }
    return sessions
  })
  if (callback) defer(callback, error, result)
}

/** Removes all sessions. */
MemoryStore.prototype.clear = function clear(callback) {
  const sessions = sessionsBehind(this.sessions)
  const outcome = attempt(() => {
    if (sessions) sessions.clear()
    else this.sessions = Object.create(null)
  })
  answer(callback, outcome)
}

/** Removes a session. */
MemoryStore.prototype.destroy = function destroy(sid, callback) {
  const sessions = sessionsBehind(this.sessions, sid)
  const outcome = attempt(() => {
    if (sessions) sessions.delete(`${sid}`)
    else delete this.sessions[sid]
  })
  answer(callback, outcome)
}

/** Calls back with the session, or with undefined if it is absent or expired. */
MemoryStore.prototype.get = function get(sid, callback) {
  const { error, result } = attempt(() => read(this, sid))
  defer(callback, error, result)
}

/** Keeps a session. */
MemoryStore.prototype.set = function set(sid, session, callback) {
  const sessions = sessionsBehind(this.sessions, sid)
  const outcome = attempt(() => {
    if (sessions) sessions.set(`${sid}`, session)
    else this.sessions[sid] = JSON.stringify(session)
  })
  answer(callback, outcome)
}

/** Calls back with the number of sessions. Reads none of them. */
MemoryStore.prototype.length = function length(callback) {
  const sessions = sessionsBehind(this.sessions)
  if (sessions && this.all === all) {
    const { error, result } = attempt(() => sessions.count())
    defer(callback, error, result)
    return
  }
  this.all((error, found) => {
    if (error) return callback(error)
    callback(null, Object.keys(found).length)
  })
}

/** Renews the expiry of a session: stores its cookie, and nothing else of it. */
MemoryStore.prototype.touch = function touch(sid, session, callback) {
  const sessions = sessionsBehind(this.sessions, sid)
  const outcome = attempt(() => {
    if (sessions) return sessions.touch(`${sid}`, session)
    const stored = read(this, sid)
    if (stored) {
      stored.cookie = session.cookie
      this.sessions[sid] = JSON.stringify(stored)
    }
  })
  answer(callback, outcome)
}

const { all } = MemoryStore.prototype

/** What express-session's store does not have: members that are not enumerated. */
const additions = {
  /**
   * Goes through all sessions in pages, while others come and go: each that is there from the
   * beginning to the end comes up once.
   *
   * @param {{ pageSize?: number }} [options]
   * @returns {AsyncGenerator<[string, object]>}
   */
  async *entries({ pageSize } = {}) {
    const sessions = sessionsBehind(this.sessions)
    if (sessions) return yield* sessions.entries(pageSize)
    for (const sid of Object.keys(this.sessions)) {
      const session = read(this, sid)
      if (session) yield [sid, session]
    }
  },

  /**
   * Goes through the ids of all sessions, as `entries` does.
   *
   * @param {{ pageSize?: number }} [options]
   * @returns {AsyncGenerator<string>}
   */
  async *ids({ pageSize } = {}) {
    const sessions = sessionsBehind(this.sessions)
    if (sessions) return yield* sessions.ids(pageSize)
    yield* Object.keys(this.sessions)
  },

  /** What the store holds and has done. Cheap enough to be asked for every second. */
  stats() {
    const sessions = sessionsBehind(this.sessions)
    if (!sessions) throw new Error('sessions were replaced by an object that has no figures')
    return sessions.stats()
  },

  /**
   * Closes the store: what is done with it from then on fails. Sessions that no other thread has open
   * are freed.
   *
   * @param {(error?: Error) => void} [callback] Called when that is done.
   * @returns {Promise<void> | undefined} A promise if there is no callback.
   */
  close(callback) {
    const closed = sessionsBehind(this.sessions)?.close() ?? Promise.resolve()
    if (!callback) return closed
    closed.then(
      () => defer(callback),
      (error) => defer(callback, error)
    )
  }
}

// Whether anybody listens decides whether events are noted at all. These are the methods that all
// others which add or remove listeners go through.
for (const name of [
  'addListener',
  'off',
  'on',
  'prependListener',
  'removeAllListeners',
  'removeListener'
]) {
  const { [name]: original } = Store.prototype
  additions[name] = function () {
    const result = original.apply(this, arguments)
    sessionsBehind(this.sessions)?.listenersChanged()
    return result
  }
}

for (const [name, value] of Object.entries(additions)) {
  Object.defineProperty(MemoryStore.prototype, name, { configurable: true, value, writable: true })
}

function read(store, sid) {
  const sessions = sessionsBehind(store.sessions, sid)
  if (sessions) return sessions.get(`${sid}`)
  const text = store.sessions[sid]
  return text ? unexpired(text, () => delete store.sessions[sid]) : undefined
}

/** Tells failures of the store, which are for callbacks, from those of who uses it, which are thrown. */
function attempt(operation) {
  try {
    return { error: null, result: operation() }
  } catch (error) {
    if (!isStoreFailure(error)) throw error
    return { error, result: undefined }
  }
}

function answer(callback, { error }) {
  if (!callback) return
  if (error) defer(callback, error)
  else defer(callback)
}
