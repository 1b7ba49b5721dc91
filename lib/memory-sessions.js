'use strict'

const timers = require('node:timers')
const { inspect } = require('node:util')
const native = require('./native')

/**
 * The sessions of a MemoryStore. Their JSON is in the native library, outside of the JavaScript
 * heap; `store.sessions` is a view of it that reads, writes and lists like a plain object of texts.
 */

/** How many sessions that may have expired are looked at in one go: well under 10 ms. */
const SWEEP_BUDGET = 5000
/** Bounds of the time between two sweeps, in milliseconds. */
const SWEEP_SOONEST = 1000
const SWEEP_LATEST = 60_000

/** The sessions behind each view. */
const behind = new WeakMap()

// Captured, like everything timed here: an application's fake timers must not stop the sweeping.
const { setTimeout } = timers

class MemorySessions {
  #store = native.createMemoryStore()
  #sweeping = false
  /**
   * Whether some text has an expiry that only JavaScript can judge. The native side reads the form
   * that a date has in JSON, and nothing else is put there unless somebody does it by hand.
   */
  #unclear = false

  /** The JSON of a session, or null. */
  text(sid) {
    return native.memoryGet(this.#store, sid, Date.now())
  }

  write(sid, text) {
    this.#expires(native.memorySet(this.#store, sid, text, Date.now()))
  }

  /** @returns {object | undefined} What the session's JSON holds. */
  get(sid) {
    const text = this.text(sid)
    if (!text) return undefined
    return this.#unclear ? unexpired(text, () => this.delete(sid)) : JSON.parse(text)
  }

  set(sid, session) {
    const text = JSON.stringify(session)
    if (text === undefined) this.delete(sid)
    else this.write(sid, text)
  }

  /** Puts the session's cookie into what is stored, and leaves the rest of that as it is. */
  touch(sid, session) {
    if (!this.#unclear) {
      const cookie = this.has(sid) ? JSON.stringify(session.cookie) : null
      if (cookie === null) return
      if (cookie !== undefined) {
        const expiry = native.memoryTouch(this.#store, sid, cookie, Date.now())
        if (expiry !== null) this.#expires(expiry)
        return
      }
    }
    const stored = this.get(sid)
    if (stored) {
      stored.cookie = session.cookie
      this.set(sid, stored)
    }
  }

  has(sid) {
    return this.text(sid) !== null
  }

  delete(sid) {
    native.memoryDestroy(this.#store, sid, Date.now())
  }

  ids() {
    return native.memoryIds(this.#store, Date.now())
  }

  /** Without reading any session, unless some expiry is unclear. */
  count() {
    if (this.#unclear) return this.ids().filter((sid) => this.get(sid)).length
    return native.memoryLength(this.#store, Date.now())
  }

  clear() {
    native.memoryClear(this.#store)
    this.#unclear = false
  }

  #expires(expiry) {
    if (expiry === native.Expiry.Unclear) this.#unclear = true
    if (expiry === native.Expiry.Known && !this.#sweeping) this.#sweepLater()
  }

  /** Frees what expires without being asked for. The timer keeps neither process nor store alive. */
  #sweepLater() {
    const due = native.memoryNextDue(this.#store)
    this.#sweeping = due !== null
    if (!this.#sweeping) return
    const wait = Math.min(Math.max(due - Date.now(), SWEEP_SOONEST), SWEEP_LATEST)
    const weakly = new WeakRef(this)
    setTimeout(() => weakly.deref()?.#sweep(), wait).unref()
  }

  #sweep() {
    native.memorySweep(this.#store, Date.now(), SWEEP_BUDGET)
    this.#sweepLater()
  }
}

/** A view of new, empty sessions. */
function createView() {
  const sessions = new MemorySessions()
  const target = Object.create(null, {
    // Without it, printing the view would print the empty object behind it.
    [inspect.custom]: { configurable: true, value: () => copyOf(sessions) }
  })
  const view = new Proxy(target, viewHandler(sessions))
  behind.set(view, sessions)
  return view
}

/** @returns {MemorySessions | undefined} Undefined for an object that is no view. */
function sessionsBehind(view) {
  return behind.get(view)
}

/** Session ids are the string keys; symbols are those of the object behind. */
function viewHandler(sessions) {
  const isId = (key) => typeof key === 'string'
  const textOf = (sid) => sessions.text(sid) ?? undefined
  const write = (sid, text) => {
    sessions.write(sid, `${text}`)
    return true
  }
  return {
    get: (target, key) => (isId(key) ? textOf(key) : target[key]),
    has: (target, key) => (isId(key) ? sessions.has(key) : key in target),
    set: (target, key, value) => (isId(key) ? write(key, value) : Reflect.set(target, key, value)),
    defineProperty: (target, key, descriptor) =>
      isId(key) ? write(key, descriptor.value) : Reflect.defineProperty(target, key, descriptor),
    deleteProperty(target, key) {
      if (!isId(key)) return Reflect.deleteProperty(target, key)
      sessions.delete(key)
      return true
    },
    ownKeys: () => Object.keys(copyOf(sessions)),
    getOwnPropertyDescriptor(target, key) {
      if (!isId(key)) return Reflect.getOwnPropertyDescriptor(target, key)
      const value = textOf(key)
      if (value === undefined) return undefined
      return { value, writable: true, enumerable: true, configurable: true }
    }
  }
}

/** All texts by id, in the order that JavaScript gives to keys. */
function copyOf(sessions) {
  const copy = Object.create(null)
  for (const sid of sessions.ids()) copy[sid] = sessions.text(sid)
  return copy
}

/**
 * Parses a session's JSON and judges its expiry by JavaScript's rules: a string is parsed as a date,
 * anything else is compared as it is.
 *
 * @param {string} text
 * @param {() => void} onExpired
 * @returns {object | undefined}
 */
function unexpired(text, onExpired) {
  const session = JSON.parse(text)
  if (session.cookie) {
    let { expires } = session.cookie
    if (typeof expires === 'string') expires = new Date(expires)
    if (expires && expires <= Date.now()) {
      onExpired()
      return undefined
    }
  }
  return session
}

module.exports = { createView, sessionsBehind, unexpired }
