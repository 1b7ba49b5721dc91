'use strict'

const { writeCookie } = require('./cookie-text')
const { MemoryEvents } = require('./memory-events')
const { checkOptions, checkPageSize, checkTtl } = require('./memory-options')
const { MemorySweeper } = require('./memory-sweeper')
const { viewOf } = require('./memory-view')
const native = require('./native')
const { beginsWithCookie } = require('./session-text')
const { wholeText } = require('./stored-session')

const { Expiry, SetFlag, StoreTrait } = native

/** The sessions behind each view. */
const behind = new WeakMap()

/**
 * The sessions of a MemoryStore. Their JSON is in the native library, outside of the JavaScript
 * heap; `store.sessions` is a view of it.
 */
class MemorySessions {
  #handle
  #shared
  #isOpen = true
  #protect
  #ttl
  /** Whether a touch that changes nothing may be left out. */
  #mayLeaveOut
  /**
   * Bits of `StoreTrait`, for a store that no other thread has. Unclear: some text has an expiry that
   * only JavaScript can judge. The native side reads the form that a date has in JSON, and nothing else
   * is put there unless somebody does it by hand. Handwritten: a text was put here by hand, and need
   * not be what `JSON.stringify` would write.
   */
  #ownTraits = 0
  /** Counts up with every change, so that one can tell whether there was any. */
  #changes = 0
  #openedId
  #openedText
  #openedChanges
  #events
  #isHeard = false
  #sweeper

  /**
   * @param {object} emitter The store, on which events are emitted.
   * @param {unknown} options Of the store.
   */
  constructor(emitter, options) {
    const checked = checkOptions(options)
    const { eventData, protect, ttl } = checked
    const handle = native.openMemoryStore(JSON.stringify(checked.native))
    this.#handle = handle
    this.#shared = checked.native.name !== undefined
    this.#protect = protect
    this.#ttl = ttl
    // In a bounded store being read is being used; a time to live begins anew with each touch.
    this.#mayLeaveOut = !this.#shared && ttl === undefined && checked.native.ttl === undefined
    this.#ownTraits = native.memoryTraits(handle)
    const events = new MemoryEvents(emitter, handle, { eventData, shared: this.#shared })
    this.#events = events
    this.#sweeper = new MemorySweeper(handle, () => events.mayHaveHappened(), this.#shared)
    const { maxBytes, maxSessions } = checked.native
    /** Whether it cannot take all the memory there is; a shared one is bounded by who opened it. */
    this.isBounded = maxBytes !== undefined || maxSessions !== undefined || this.#shared
    const aside = native.memorySetAside(handle)
    if (aside) process.emitWarning(`a damaged snapshot of sessions was renamed to ${aside}`)
  }

  /** Whether the store has not been closed. */
  get isOpen() {
    return this.#isOpen
  }

  /** The JSON of a session, or null. */
  text(sid) {
    const text = native.memoryGet(this.#handle, sid, Date.now())
    if (this.#isHeard) this.#events.mayHaveHappened()
    return text
  }

  /** Keeps a text that somebody has written by hand. */
  write(sid, text) {
    this.#ownTraits |= StoreTrait.Handwritten
    const needsSession = this.#protect !== undefined || this.#ttl !== undefined
    this.#put(sid, text, needsSession ? sessionIn(text) : undefined, 0)
  }

  /** @returns {object | undefined} What the session's JSON holds. */
  get(sid) {
    const text = this.text(sid)
    if (!text) return undefined
    return this.#isUnclear() ? unexpired(text, () => this.delete(sid)) : JSON.parse(text)
  }

  /**
   * Reads the session id in a Cookie header, and in the same call the session, for the `snapshot` that
   * is asked for next.
   *
   * @param {object} keyring
   * @param {string} header
   * @param {string} name The cookie's name.
   * @returns {string | number} The id, or a `NoId`.
   */
  open(keyring, header, name) {
    this.#openedId = undefined
    if (this.#traits() !== 0) return native.readCookie(keyring, header, name)
    const opened = native.memoryOpen(this.#handle, keyring, header, name, Date.now())
    if (typeof opened !== 'string') return opened
    const length = opened.charCodeAt(0)
    if (length === 0) return opened.slice(1)
    if (this.#isHeard) this.#events.mayHaveHappened()
    const end = 1 + length
    this.#openedText = opened.slice(end)
    this.#openedChanges = this.#changes
    this.#openedId = opened.slice(1, end)
    return this.#openedId
  }

  /**
   * A session, with what is needed to do less when it is written back.
   *
   * @returns {Snapshot}
   */
  snapshot(sid) {
    const openedId = this.#openedId
    const text = this.#openedText
    this.#openedId = this.#openedText = undefined
    // Something may have come between, such as a response that cannot be hooked.
    if (openedId === sid && this.#openedChanges === this.#changes && !this.#shared) {
      return new Snapshot(this, text || undefined, this.#changes)
    }
    if (this.#traits() !== 0) return new Snapshot(this, undefined, 0, this.get(sid))
    return new Snapshot(this, this.text(sid) || undefined, this.#changes)
  }

  /**
   * `rest` is the JSON of the session without its cookie, where that is known.
   *
   * @throws {Error} `ERR_SESSION_STORE_FULL`
   */
  set(sid, session, rest) {
    const text = wholeText(session, rest)
    if (text === undefined) this.delete(sid)
    else this.#put(sid, text, session, SetFlag.Stringified)
  }

  /**
   * Puts the session's cookie into what is stored, and leaves the rest of that as it is.
   *
   * @param {string} sid
   * @param {object} session
   * @param {Snapshot} [snapshot] Of this session: if nothing was changed since, and the cookie is the
   *   same, there is nothing to do.
   */
  touch(sid, session, snapshot) {
    if (this.#isUnclear() || (!snapshot && !this.has(sid))) return this.#rewriteCookie(sid, session)
    const cookie = writeCookie(session.cookie)
    if (cookie === undefined) return this.#rewriteCookie(sid, session)
    if (snapshot !== undefined && this.#isUnchanged(snapshot, cookie)) return
    this.#renew(sid, cookie, this.#lifetime(session))
  }

  /**
   * The same for a session that is left as it was: `cookie` is the JSON of its cookie.
   *
   * @param {string} sid
   * @param {string} cookie
   * @param {Snapshot} snapshot
   */
  touchUnread(sid, cookie, snapshot) {
    if (this.#isUnchanged(snapshot, cookie)) return
    const session = this.#ttl === undefined ? undefined : JSON.parse(snapshot.text)
    if (session !== undefined) session.cookie = JSON.parse(cookie)
    this.#renew(sid, cookie, this.#lifetime(session))
  }

  #isUnchanged(snapshot, cookie) {
    if (!this.#mayLeaveOut || snapshot.sessions !== this || snapshot.text === undefined)
      return false
    return snapshot.changes === this.#changes && beginsWithCookie(snapshot.text, cookie)
  }

  #renew(sid, cookie, lifetime) {
    const expiry = native.memoryTouch(this.#handle, sid, cookie, Date.now(), lifetime)
    if (expiry !== null) this.#hasChanged(expiry)
  }

  #rewriteCookie(sid, session) {
    const stored = this.get(sid)
    if (stored) {
      stored.cookie = session.cookie
      this.set(sid, stored)
    }
  }

  #put(sid, text, session, flags) {
    const lifetime = this.#lifetime(session)
    if (this.#protect !== undefined && session && this.#protect(session)) {
      flags |= SetFlag.Protected
    }
    this.#hasChanged(native.memorySet(this.#handle, sid, text, Date.now(), lifetime, flags))
  }

  /** Milliseconds for which a session is kept whose cookie has no expiry, or -1. */
  #lifetime(session) {
    if (this.#ttl === undefined || !session || session.cookie?.expires) return -1
    return checkTtl(this.#ttl(session))
  }

  has(sid) {
    return native.memoryHas(this.#handle, sid, Date.now())
  }

  delete(sid) {
    this.#changes++
    native.memoryDestroy(this.#handle, sid, Date.now())
    if (this.#isHeard) this.#events.mayHaveHappened()
  }

  allIds() {
    return native.memoryIds(this.#handle, Date.now())
  }

  /** Goes through all sessions in pages; yields them with their ids. */
  async *entries(pageSize) {
    for await (const page of this.#pages(pageSize, true)) {
      for (let n = 0; n < page.length; n += 2) {
        const [sid, text] = [page[n], page[n + 1]]
        const session = this.#isUnclear()
          ? unexpired(text, () => this.delete(sid))
          : JSON.parse(text)
        if (session) yield [sid, session]
      }
    }
  }

  /** Goes through the ids of all sessions in pages. */
  async *ids(pageSize) {
    for await (const page of this.#pages(pageSize, false)) {
      for (let n = 0; n < page.length; n += 2) yield page[n]
    }
  }

  async *#pages(pageSize, texts) {
    const size = checkPageSize(pageSize)
    const pages = native.createMemoryPages()
    let page
    do {
      page = native.memoryPage(this.#handle, pages, size, Date.now(), texts)
      yield page
      // Others have their turn.
      // oxlint-disable-next-line no-await-in-loop -- waiting is the purpose
      await new Promise(setImmediate)
    } while (page.length === 2 * size)
  }

  /** Without reading any session, unless some expiry is unclear. */
  count() {
    if (this.#isUnclear()) return this.allIds().filter((sid) => this.get(sid)).length
    const count = native.memoryLength(this.#handle, Date.now())
    if (this.#isHeard) this.#events.mayHaveHappened()
    return count
  }

  clear() {
    this.#changes++
    native.memoryClear(this.#handle)
    this.#ownTraits = 0
  }

  /** What the store holds and has done. Times are in milliseconds. */
  stats() {
    const { lastSweep, longestSweep, sweeps, ...found } = native.memoryStats(this.#handle)
    const { failedSnapshots, lastSnapshot, snapshotError, snapshots, ...totals } = found
    return {
      ...totals,
      sweeps: { count: sweeps, last: lastSweep, longest: longestSweep },
      snapshots: {
        count: snapshots,
        failures: failedSnapshots,
        last: lastSnapshot,
        error: snapshotError ?? undefined
      }
    }
  }

  /** Listeners of the store have come or gone. */
  listenersChanged() {
    if (this.#isOpen) this.#isHeard = this.#events.listenersChanged()
  }

  /** @returns {Promise<void>} */
  async close() {
    this.#isOpen = false
    this.#sweeper.stop()
    this.#events.stop()
    try {
      await native.memoryClose(this.#handle)
    } catch (error) {
      error.code = 'ERR_SESSION_SNAPSHOT'
      throw error
    }
  }

  #traits() {
    return this.#shared ? native.memoryTraits(this.#handle) : this.#ownTraits
  }

  #isUnclear() {
    return (this.#traits() & StoreTrait.Unclear) !== 0
  }

  #hasChanged(expiry) {
    this.#changes++
    if (expiry === Expiry.Unclear) this.#ownTraits |= StoreTrait.Unclear
    // A time to live makes sessions expire whose cookies do not.
    if (expiry === Expiry.Known || !this.#mayLeaveOut) this.#sweeper.start()
    if (this.#isHeard) this.#events.mayHaveHappened()
  }
}

/** A session as it was read. */
class Snapshot {
  #data

  constructor(sessions, text, changes, data) {
    this.sessions = sessions
    /** The session's JSON, if that is what `JSON.stringify` writes. */
    this.text = text
    this.changes = changes
    this.#data = data
  }

  /** What the JSON holds. */
  get data() {
    return this.text === undefined ? this.#data : JSON.parse(this.text)
  }
}

/**
 * A view of sessions, new ones or those of a name.
 *
 * @param {object} emitter The store, on which events are emitted.
 * @param {unknown} options Of the store.
 */
function createView(emitter, options) {
  const sessions = new MemorySessions(emitter, options)
  const view = viewOf(sessions)
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

/** What a text holds that need not be JSON. */
function sessionIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Tells failures of a store, such as being full, from those of who uses it. */
function isStoreFailure(error) {
  return Boolean(error?.code?.startsWith?.('ERR_SESSION_STORE'))
}

module.exports = { MemorySessions, createView, isStoreFailure, sessionsBehind, unexpired }
