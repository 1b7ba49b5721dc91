'use strict'

const { inherits } = require('node:util')
const { createView, sessionsBehind, unexpired } = require('../lib/memory-sessions')
const Store = require('./store')

module.exports = MemoryStore

// An application's fake timers must not hold back callbacks.
const defer = setImmediate

/**
 * Keeps sessions in this process's memory, outside of the JavaScript heap. Expired sessions are
 * freed, also those that nobody asks for again. They end with the process and are not shared with
 * others.
 *
 * `sessions` is a view of them: session ids as keys, JSON as values. Code that replaces it by a
 * plain object of its own gets what it asks for: its sessions are kept there from then on.
 */
function MemoryStore() {
  Store.call(this)
  this.sessions = createView()
}

inherits(MemoryStore, Store)

/** Calls back with all sessions by id. */
MemoryStore.prototype.all = function all(callback) {
  const sessions = Object.create(null)
  for (const sid of Object.keys(this.sessions)) {
    const session = read(this, sid)
    if (session) sessions[sid] = session
  }
  if (callback) defer(callback, null, sessions)
}

/** Removes all sessions. */
MemoryStore.prototype.clear = function clear(callback) {
  const sessions = sessionsBehind(this.sessions)
  if (sessions) sessions.clear()
  else this.sessions = Object.create(null)
  if (callback) defer(callback)
}

/** Removes a session. */
MemoryStore.prototype.destroy = function destroy(sid, callback) {
  delete this.sessions[sid]
  if (callback) defer(callback)
}

/** Calls back with the session, or with undefined if it is absent or expired. */
MemoryStore.prototype.get = function get(sid, callback) {
  defer(callback, null, read(this, sid))
}

/** Keeps a session. */
MemoryStore.prototype.set = function set(sid, session, callback) {
  const sessions = sessionsBehind(this.sessions, sid)
  if (sessions) sessions.set(`${sid}`, session)
  else this.sessions[sid] = JSON.stringify(session)
  if (callback) defer(callback)
}

/** Calls back with the number of sessions. Reads none of them. */
MemoryStore.prototype.length = function length(callback) {
  const sessions = sessionsBehind(this.sessions)
  if (sessions && this.all === all) {
    defer(callback, null, sessions.count())
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
  if (sessions) {
    sessions.touch(`${sid}`, session)
  } else {
    const stored = read(this, sid)
    if (stored) {
      stored.cookie = session.cookie
      this.sessions[sid] = JSON.stringify(stored)
    }
  }
  if (callback) defer(callback)
}

const { all } = MemoryStore.prototype

function read(store, sid) {
  const sessions = sessionsBehind(store.sessions, sid)
  if (sessions) return sessions.get(`${sid}`)
  const text = store.sessions[sid]
  return text ? unexpired(text, () => delete store.sessions[sid]) : undefined
}
