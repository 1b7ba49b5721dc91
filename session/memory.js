'use strict'

const { inherits } = require('util')
const { isStoreFailure } = require('../lib/errors')
const { MemorySessions } = require('../lib/memory/sessions')
const { sessionsBehind, viewOf } = require('../lib/memory/view')
const { parseSession } = require('../lib/memory/whole-text')
const Store = require('./store')

module.exports = MemoryStore

// Captured when the module loads: an application's fake timers must not delay callbacks.
const defer = setImmediate

/**
 * Keeps sessions in this process's memory, outside of the JavaScript heap. Expired sessions are freed even if
 * they are never read again. All sessions end with the process.
 *
 * `sessions` is a view of them: session ids as keys, JSON as values. If code replaces it with a plain object,
 * the sessions are kept in that object from then on.
 *
 * @param {import('..').MemoryStoreOptions} [options] See `index.d.ts` or `docs/memory-store.md`. Classes that
 *   extend this one may pass others, which are ignored. Without `new`, as in `MemoryStore.call(this, options)`,
 *   all of them are.
 * @throws {TypeError} For an unknown option, or one of a wrong type or out of range.
 */
function MemoryStore(options = {}) {
  Store.call(this)
  // Stores that call this without `new` pass their own options to express-session's MemoryStore, which has
  // none. The same names may mean something else there, such as a `ttl` in seconds.
  const ignoresUnknown = new.target !== MemoryStore
  this.sessions = viewOf(new MemorySessions(this, new.target ? options : {}, ignoresUnknown))
}

inherits(MemoryStore, Store)

/** Calls back with all sessions by id. */
MemoryStore.prototype.all = function all(callback) {
  const { error, result } = attempt(() => {
    const sessions = Object.create(null)
    const texts = sessionsBehind(this.sessions)?.all()
    for (const sid of Object.keys(texts ?? this.sessions)) {
      const session = texts ? parseSession(texts[sid]) : read(this, sid)
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

/** Saves a session. */
MemoryStore.prototype.set = function set(sid, session, callback) {
  const sessions = sessionsBehind(this.sessions, sid)
  const outcome = attempt(() => {
    if (sessions) sessions.set(`${sid}`, session)
    else this.sessions[sid] = JSON.stringify(session)
  })
  answer(callback, outcome)
}

/** Calls back with the number of sessions, without reading them. */
MemoryStore.prototype.length = function length(callback) {
  const sessions = sessionsBehind(this.sessions)
  if (sessions?.canCount && this.all === all) {
    const { error, result } = attempt(() => sessions.count())
    defer(callback, error, result)
    return
  }
  this.all((error, found) => {
    if (error) return callback(error)
    callback(null, Object.keys(found).length)
  })
}

/** Renews the expiry of a session: stores only its cookie. */
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

/** Members that express-session's store does not have. They are not enumerable. */
const additions = {
  /**
   * Iterates over all sessions in pages, while others come and go: each session that is there all the time
   * comes up once.
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
   * Iterates over the ids of all sessions, as `entries` does.
   *
   * @param {{ pageSize?: number }} [options]
   * @returns {AsyncGenerator<string>}
   */
  async *ids({ pageSize } = {}) {
    const sessions = sessionsBehind(this.sessions)
    if (sessions) return yield* sessions.ids(pageSize)
    yield* Object.keys(this.sessions)
  },

  /** The store's contents and history. Cheap enough to call every second. */
  stats() {
    const sessions = sessionsBehind(this.sessions)
    if (!sessions) throw new Error('store.sessions was replaced by an object without statistics')
    return sessions.stats()
  },

  /**
   * Closes the store; using it afterwards is an error. Its sessions are freed, unless another thread has the
   * store open.
   *
   * @param {(error?: Error) => void} [callback]
   * @returns {Promise<void> | undefined} A promise if there is no callback.
   */
  close(callback) {
    sessionsBehind(this.sessions)?.close()
    if (!callback) return Promise.resolve()
    defer(callback)
  }
}

for (const [name, value] of Object.entries(additions)) {
  Object.defineProperty(MemoryStore.prototype, name, { configurable: true, value, writable: true })
}

function read(store, sid) {
  const sessions = sessionsBehind(store.sessions, sid)
  return sessions ? sessions.get(`${sid}`) : readReplaced(store.sessions, sid)
}

/**
 * Reads a session from an object with which the application has replaced the view, by the rules of
 * express-session's store.
 */
function readReplaced(texts, sid) {
  const text = texts[sid]
  if (!text) return undefined
  const session = JSON.parse(text)
  if (session.cookie) {
    let { expires } = session.cookie
    if (typeof expires === 'string') expires = new Date(expires)
    if (expires && expires <= Date.now()) {
      delete texts[sid]
      return undefined
    }
  }
  return session
}

/** Returns failures of the store, which are for callbacks. Mistakes of the caller are thrown. */
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
