'use strict'

const { writeCookie } = require('./cookie-text')
const { MemoryEvents } = require('./memory-events')
const { checkOptions, checkPageSize, checkTtl } = require('./memory-options')
const { MemorySweeper } = require('./memory-sweeper')
const { viewOf } = require('./memory-view')
const native = require('./native')
const { ownText } = require('./own-text')
const { join } = require('./session-text')
const { putBehind } = require('./sessions-behind')
const { hasOnlyData, unexpired, wholeText } = require('./stored-session')

const { Expiry, SetFlag, StoreTrait } = native

/** Characters with which what `memoryOpen` gives begins. */
const LENGTHS = 3

const STRINGIFIED = SetFlag.Stringified
const STRINGIFIED_WHOLE = SetFlag.Stringified | SetFlag.Whole

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
  /** The session that was read together with its id. */
  #opened
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

  /** Whether `open` can be called: all texts are as `JSON.stringify` writes them. */
  get canBeOpened() {
    return this.#traits() === 0
  }

  /**
   * What `open` reads with.
   *
   * @param {object} keyring
   * @param {string} name The cookie's name.
   */
  createReader(keyring, name) {
    return native.createMemoryReader(this.#handle, keyring, name)
  }

  /**
   * Reads the session id in a Cookie header, and in the same call the session, which `takeOpened` gives.
   *
   * @param {object} reader
   * @param {string} header
   * @returns {string | number} The id, or a `NoId`.
   */
  open(reader, header) {
    this.#opened = undefined
    const opened = native.memoryOpen(reader, header, Date.now())
    if (typeof opened !== 'string') return opened
    const idLength = opened.charCodeAt(0)
    if (idLength === 0) return ownText(opened, LENGTHS, opened.length)
    if (this.#isHeard) this.#events.mayHaveHappened()
    const cookieLength = (opened.charCodeAt(1) << 7) | opened.charCodeAt(2)
    const end = LENGTHS + idLength
    const id = ownText(opened, LENGTHS, end)
    const snapshot = new Snapshot(this, this.#changes, id)
    this.#opened = snapshot
    if (cookieLength > 0) {
      snapshot.cookie = opened.slice(end, end + cookieLength)
      snapshot.rest = opened.slice(end + cookieLength)
    } else {
      snapshot.setText(opened.slice(end))
    }
    return id
  }

  /**
   * The session that `open` has just read.
   *
   * @returns {Snapshot | undefined}
   */
  takeOpened() {
    const opened = this.#opened
    this.#opened = undefined
    return opened
  }

  /**
   * A session, with what is needed to do less when it is written back.
   *
   * @param {string} sid
   * @param {Snapshot} [opened] What `open` has read, perhaps of another session or another store.
   * @returns {Snapshot}
   */
  snapshot(sid, opened) {
    // The application may have been called in between.
    const isFresh = opened?.sessions === this && opened.changes === this.#changes
    if (isFresh && opened.id === sid) return opened
    const snapshot = new Snapshot(this, this.#changes, sid)
    if (this.#traits() !== 0) snapshot.setData(this.get(sid))
    else snapshot.setText(this.text(sid))
    return snapshot
  }

  /**
   * `rest` is the JSON of the session without its cookie, where that is known.
   *
   * @throws {Error} `ERR_SESSION_STORE_FULL`
   */
  set(sid, session, rest) {
    const text = wholeText(session, rest)
    if (text === undefined) this.delete(sid)
    else this.#put(sid, text, session, hasOnlyData(session) ? STRINGIFIED : STRINGIFIED_WHOLE)
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
    const session = this.#ttl === undefined ? undefined : snapshot.data
    if (session !== undefined) session.cookie = JSON.parse(cookie)
    this.#renew(sid, cookie, this.#lifetime(session))
  }

  #isUnchanged(snapshot, cookie) {
    if (!this.#mayLeaveOut || snapshot.sessions !== this) return false
    return snapshot.changes === this.#changes && snapshot.cookie === cookie
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
    return { ...found, sweeps: { count: sweeps, last: lastSweep, longest: longestSweep } }
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
    native.memoryClose(this.#handle)
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

/** A session as it was read, or that there was none. */
class Snapshot {
  /** If `open` has taken its JSON apart, which begins with its cookie: the JSON of that... */
  cookie
  /** ...and the JSON without it. */
  rest
  /** If it is as `JSON.stringify` writes it but has to be read at once. */
  #text
  /** What it holds otherwise. */
  #data

  /**
   * @param {MemorySessions} sessions
   * @param {number} changes How many there had been.
   * @param {string} id
   */
  constructor(sessions, changes, id) {
    this.sessions = sessions
    this.changes = changes
    this.id = id
  }

  /** @param {string | null} text The session's JSON, if there is one, to be read at once. */
  setText(text) {
    this.#text = text || undefined
  }

  setData(data) {
    this.#data = data
  }

  /** The session's JSON, if that is what `JSON.stringify` writes. */
  get text() {
    return this.cookie === undefined ? this.#text : join(this.cookie, this.rest)
  }

  /** What the JSON holds; a new object each time. */
  get data() {
    const { text } = this
    return text === undefined ? this.#data : JSON.parse(text)
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
  putBehind(view, sessions)
  return view
}

/** What a text holds that need not be JSON. */
function sessionIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

module.exports = { MemorySessions, createView }
