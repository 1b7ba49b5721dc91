'use strict'

const timers = require('node:timers')
const { inspect } = require('node:util')
const { writeCookie } = require('./cookie-text')
const native = require('./native')
const { beginsWithCookie } = require('./session-text')
const { wholeText } = require('./stored-session')

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

  /** Counts up with every change, so that one can tell whether there was any. */
  #changes = 0
  /** Whether a text was put here by hand, and need not be what `JSON.stringify` would write. */
  #handwritten = false

  /** The JSON of a session, or null. */
  text(sid) {
    return native.memoryGet(this.#store, sid, Date.now())
  }

  /** Keeps a text that somebody has written by hand. */
  write(sid, text) {
    this.#handwritten = true
    this.#put(sid, text)
  }

  /** @returns {object | undefined} What the session's JSON holds. */
  get(sid) {
    const text = this.text(sid)
    if (!text) return undefined
    return this.#unclear ? unexpired(text, () => this.delete(sid)) : JSON.parse(text)
  }

  /**
   * A session, with what is needed to do less when it is written back.
   *
   * @returns {{ data?: object, text?: string, changes: number }} The session's JSON, if that is what
   *   `JSON.stringify` writes, or else what the JSON holds. Neither if there is no session.
   */
  snapshot(sid) {
    if (this.#handwritten || this.#unclear) return { data: this.get(sid), changes: 0 }
    return { text: this.text(sid) || undefined, changes: this.#changes }
  }

  /** `rest` is the JSON of the session without its cookie, where that is known. */
  set(sid, session, rest) {
    const text = wholeText(session, rest)
    if (text === undefined) this.delete(sid)
    else this.#put(sid, text)
  }

  /**
   * Puts the session's cookie into what is stored, and leaves the rest of that as it is.
   *
   * @param {string} sid
   * @param {object} session
   * @param {object} [snapshot] Of this session: if nothing was changed since, and the cookie is the
   *   same, there is nothing to do.
   */
  touch(sid, session, snapshot) {
    if (this.#unclear || (!snapshot && !this.has(sid))) return this.#rewriteCookie(sid, session)
    const cookie = writeCookie(session.cookie)
    if (cookie === undefined) return this.#rewriteCookie(sid, session)
    if (snapshot?.text !== undefined && snapshot.changes === this.#changes) {
      if (beginsWithCookie(snapshot.text, cookie)) return
    }
    this.#renew(sid, cookie)
  }

  /**
   * The same for a session that is left as it was: `cookie` is the JSON of its cookie.
   *
   * @param {string} sid
   * @param {string} cookie
   * @param {object} snapshot
   */
  touchUnread(sid, cookie, snapshot) {
    if (snapshot.changes === this.#changes && beginsWithCookie(snapshot.text, cookie)) return
    this.#renew(sid, cookie)
  }

  #renew(sid, cookie) {
    const expiry = native.memoryTouch(this.#store, sid, cookie, Date.now())
    if (expiry === null) return
    this.#changes++
    this.#expires(expiry)
  }

  #rewriteCookie(sid, session) {
    const stored = this.get(sid)
    if (stored) {
      stored.cookie = session.cookie
      this.set(sid, stored)
    }
  }

  #put(sid, text) {
    this.#changes++
    this.#expires(native.memorySet(this.#store, sid, text, Date.now()))
  }

  has(sid) {
    return this.text(sid) !== null
  }

  delete(sid) {
    this.#changes++
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
    this.#changes++
    native.memoryClear(this.#store)
    this.#unclear = false
    this.#handwritten = false
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

/**
 * @param {object} view
 * @param {unknown} [sid] The session that is asked for.
 * @returns {MemorySessions | undefined} Undefined for an object that is no view, and for an id that
 *   has no text: a symbol, which the object behind the view keeps like any object.
 */
function sessionsBehind(view, sid) {
  return typeof sid === 'symbol' ? undefined : behind.get(view)
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
