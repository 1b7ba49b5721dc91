'use strict'

const { codedError } = require('../errors')
const { dataJson } = require('../json')
const native = require('../native')
const { flatSlice } = require('../session-id')
const { MemoryEvents } = require('./events')
const { Listing } = require('./listing')
const { Marks } = require('./marks')
const { checkOptions } = require('./options')
const { entriesOf, idsOf } = require('./pages')
const { Policy } = require('./policy')
const { Parts, WHOLE } = require('./stored-session')
const { time } = require('./time')
const { expiryOf, judge, parseSession, wellFormed } = require('./whole-text')

const { Saved, Touched } = native

/** The last time that a Date can hold, in milliseconds since 1970. */
const LAST_TIME = 8.64e15

/** Classes of sessions, in the order of eviction. */
const ANONYMOUS = 0
const OTHER = 1
const PROTECTED = 2

/** Instead of a mark: a session that is only touched, and is not created if it is absent. */
const TOUCHED = { seen: 0, until: NaN }

// Captured when the module loads: an application's fake timers must not delay it.
const forgetSoon = queueMicrotask

/** The sessions of a MemoryStore. The native library keeps them, outside of the JavaScript heap. */
class MemorySessions {
  #handle
  /** The native library writes numbers here: those of a session, and the length of its id. */
  #numbers = new Float64Array(4)
  #buffer = this.#numbers.buffer
  #bounds
  #isOpen = true
  /** Whether its engine has failed, which every use reports. */
  #isLost = false
  /** Whether other threads may use the store, too. */
  #isShared
  #policy
  /** Marks sessions that were loaded or saved. Undefined if late saves are not dropped. */
  #marks
  /**
   * Whether a touch that changes nothing may be skipped: not if other threads use the store too, nor with a
   * `ttl`, which starts over with each touch.
   */
  #mayLeaveOut
  /** Incremented on every change, to detect changes since a session was read. */
  #changes = 0
  /** The sessions as they were listed in this turn of the event loop. */
  #listing
  /** The session that was read together with its id, for `takeOpened` and `get`. */
  #opened
  #parts
  #events
  #mayHoldVoid = false

  /**
   * @param {object} emitter The store, which emits the events.
   * @param {unknown} options The store's.
   * @param {boolean} ignoresUnknown Whether unknown options are ignored.
   */
  constructor(emitter, options, ignoresUnknown) {
    const { eventData, name, native: bounds, protect, ttl } = checkOptions(options, ignoresUnknown)
    const handle = native.openMemoryStore(name, bounds)
    if (handle === null) {
      const message = `the store ${JSON.stringify(name)} is open with other options`
      throw codedError('ERR_SESSION_STORE_OPTIONS', message)
    }
    this.#isShared = name !== undefined
    this.#handle = handle
    this.#bounds = bounds
    this.#policy = new Policy({ protect, ttl: typeof ttl === 'function' ? ttl : undefined })
    const { dropsLateSaves, hasTtl, isBounded, number } = native.memoryOptions(handle)
    if (dropsLateSaves) {
      this.#marks = new Marks(() => this.#open(), this.#isShared ? number : this)
    }
    this.#mayLeaveOut = !this.#isShared && ttl === undefined
    this.#parts = new Parts(handle)
    this.#events = new MemoryEvents(emitter, handle, eventData)
    /** Whether its memory is limited. */
    this.isBounded = isBounded
    /** Whether sessions without an expiry may expire. */
    this.hasTtl = hasTtl || ttl !== undefined
  }

  #changed(sid) {
    this.#changes++
    this.#listing?.forget(sid)
  }

  /** False after the store was closed, and after its engine has failed. */
  get isOpen() {
    return this.#isOpen && !this.#isLost
  }

  /** The engine has failed, so nothing can be done without callbacks, which report that. */
  lose() {
    this.#isLost = true
  }

  #open() {
    if (this.#isOpen) return this.#handle
    throw codedError('ERR_SESSION_STORE_CLOSED', 'the session store is closed')
  }

  /** The JSON of a whole session, or null. Does not count as use. */
  text(sid) {
    return this.#text(sid, false)
  }

  #text(sid, isUse) {
    const text = native.memoryText(this.#open(), sid, time(), isUse)
    this.#events.mayHaveHappened()
    return text
  }

  /**
   * The parsed session, or undefined.
   *
   * @returns {object | undefined}
   */
  get(sid) {
    const seen = this.#opened?.seen ?? this.#marks?.tick()
    const session = this.#parsed(sid)
    if (session === undefined) this.#listing?.forget(sid)
    this.#marks?.put(sid, session, { expires: expiryOf(session?.cookie), seen })
    return session
  }

  #parsed(sid) {
    const opened = this.takeOpened(sid)
    if (opened === undefined) return parseSession(this.#text(sid, true))
    // The session was read together with its id, and that was counted.
    if (opened.attributes < 0) return parseSession(opened.text)
    return parseSession(this.#text(sid, false))
  }

  /** Whether sessions have to be marked when they are loaded. */
  get marks() {
    return this.#marks !== undefined
  }

  /** An object with the mark of a session that has been read in parts, for `adoptMarks`. */
  marked({ id, expires, seen }) {
    const marked = {}
    if (this.#isOpen) this.#marks.put(id, marked, { expires, seen })
    return marked
  }

  /**
   * Creates the reader for `open`.
   *
   * @param {object} keyring
   * @param {string} name The cookie's name.
   */
  createReader(keyring, name) {
    return native.createMemoryReader(this.#open(), keyring, name)
  }

  /**
   * Reads the session id in a Cookie header and, with the same call, the session, for `takeOpened`.
   *
   * @param {object} reader
   * @param {string} header
   * @returns {string | number} The id, or a `NoId`.
   */
  open(reader, header) {
    this.#opened = undefined
    const seen = this.#marks?.tick()
    const opened = native.memoryOpen(reader, header, time(), this.#buffer)
    if (typeof opened !== 'string') return opened
    this.#events.mayHaveHappened()
    const idLength = this.#numbers[3]
    const id = flatSlice(opened, 0, idLength)
    this.#opened = this.#stored(id, opened.slice(idLength), seen)
    return id
  }

  /**
   * What `open` has read, if that was this session and nothing has changed since.
   *
   * @param {string} sid
   * @returns {object | undefined}
   */
  takeOpened(sid) {
    const opened = this.#opened
    this.#opened = undefined
    return opened?.id === sid && opened.changes === this.#changes ? opened : undefined
  }

  /** Called at the beginning of a request. */
  forgetOpened() {
    this.#opened = undefined
  }

  /** Calls `store.get`, which does not count the session as used again if it has been opened. */
  getOpened(store, opened, sid, callback) {
    this.#opened = opened
    try {
      store.get(sid, callback)
    } finally {
      this.#opened = undefined
    }
  }

  /**
   * Reads a session in parts, with the state that makes writing it back cheaper. Its number of attributes is
   * negative if it is absent or kept as whole text.
   *
   * @param {string} sid
   */
  read(sid) {
    const seen = this.#marks?.tick()
    const text = native.memoryRead(this.#open(), sid, time(), this.#buffer)
    this.#events.mayHaveHappened()
    return this.#stored(sid, text, seen)
  }

  #stored(id, text, seen) {
    const numbers = this.#numbers
    this.#parts.learn(numbers[0])
    return {
      id,
      text,
      attributes: numbers[0],
      maxAge: numbers[1],
      expires: numbers[2],
      renewed: numbers[2],
      seen,
      changes: this.#changes,
      sessions: this
    }
  }

  /** Creates the cookie of a session in parts. */
  cookieOf(stored) {
    return this.#parts.cookieOf(stored)
  }

  /**
   * `data` is the JSON of the session without its cookie, if the caller has it.
   *
   * @throws {Error} `ERR_SESSION_STORE_FULL`
   */
  set(sid, session, data) {
    const marks = this.#marks
    if (marks === undefined) return void this.#save(sid, session, data)
    const seen = marks.tick()
    const isSaved = this.#save(sid, session, data, marks.of(session, sid))
    if (isSaved) marks.put(sid, session, { expires: expiryOf(session?.cookie), seen })
  }

  /**
   * @param {import('./loaded').Mark} [known] The session's mark, or `TOUCHED`.
   * @returns {boolean} Whether it was saved.
   */
  #save(sid, session, data, known) {
    this.#open()
    const parts = this.#parts.of(session?.cookie, session)
    if (parts !== undefined) {
      const text = data ?? dataJson(session)
      const ownClass = text === '{}' ? ANONYMOUS : OTHER
      return this.#put(sid, text, parts, session, ownClass, known)
    }
    const text = JSON.stringify(session)
    if (text !== undefined) return this.#write(sid, `${text}`, session, known)
    this.delete(sid)
    return false
  }

  /** Stores a whole session as text, which may be anything that was assigned to `store.sessions[sid]`. */
  write(sid, text) {
    this.#write(sid, text)
  }

  #write(sid, written, session, known) {
    const text = wellFormed(written)
    const found = judge(text)
    this.#mayHoldVoid ||= found.isVoid
    const parts = { attributes: WHOLE, maxAge: NaN, expires: found.expires }
    const ownClass = found.isAnonymous ? ANONYMOUS : OTHER
    return this.#put(sid, text, parts, session ?? found.session, ownClass, known)
  }

  /**
   * Replaces the cookie of a stored session with the one of this session. Its data stay unchanged.
   *
   * @param {string} sid
   * @param {object} session
   * @param {object} [stored] This session as it was read. If the store has not changed since, and the cookie is
   *   the same, there is nothing to do.
   */
  touch(sid, session, stored) {
    this.#open()
    const parts = this.#parts.of(session?.cookie)
    if (parts !== undefined && this.#touch(sid, parts, stored, session)) return
    const found = parseSession(this.text(sid))
    if (found) {
      found.cookie = session.cookie
      const known = this.#marks?.of(session, sid)
      const isTouched = this.#save(sid, found, undefined, TOUCHED)
      if (isTouched && known !== undefined) {
        this.#marks.put(sid, session, { expires: expiryOf(session.cookie), seen: known.seen })
      }
    }
  }

  /**
   * Renews the expiry of an unread session: moves it to `originalMaxAge` from now.
   *
   * @param {object} stored The session as it was read.
   * @returns {boolean} False if the session has to be created for that.
   */
  renew(stored) {
    const { maxAge } = stored
    if (Number.isNaN(maxAge)) return true
    const now = Date.now()
    const expires = now + maxAge
    // A mocked clock may return something other than a number, or a number that no Date can hold.
    if (typeof now !== 'number' || !Number.isInteger(expires) || expires > LAST_TIME) return false
    stored.renewed = expires
    return true
  }

  /**
   * Stores the renewed expiry.
   *
   * @returns {boolean} False if the session has to be created for that.
   */
  touchUnread(stored) {
    const { attributes, id, maxAge, renewed } = stored
    return this.#touch(id, { attributes, maxAge, expires: renewed }, stored)
  }

  /** @returns {boolean} False if the session is kept as whole text. */
  #touch(sid, { attributes, maxAge, expires }, stored, session) {
    if (
      stored !== undefined &&
      this.#mayLeaveOut &&
      stored.sessions === this &&
      stored.changes === this.#changes &&
      stored.attributes === attributes &&
      Object.is(stored.maxAge, maxAge) &&
      Object.is(stored.expires, expires)
    ) {
      return true
    }
    const ttl = this.#ttlOfStored(sid, expires)
    const now = time()
    const handle = this.#open()
    // A session that is marked is known to expire then.
    const known = this.#marks?.of(session, sid)
    const touched = native.memoryTouch(handle, sid, attributes, maxAge, expires, ttl, now)
    this.#events.mayHaveHappened()
    if (touched === Touched.Absent) this.#listing?.forget(sid)
    if (touched === Touched.Done) {
      this.#changed(sid)
      if (known !== undefined) this.#marks.put(sid, session, { expires, seen: known.seen })
    }
    return touched !== Touched.Whole
  }

  /** The data stay as they are stored, so these decide. */
  #ttlOfStored(sid, expires) {
    if (!this.#policy.needsSession(expires)) return NaN
    return this.#policy.ttlOf(parseSession(this.text(sid)), expires)
  }

  #put(sid, text, { attributes, maxAge, expires }, session, ownClass, known) {
    const ttl = this.#policy.ttlOf(session, expires)
    const asClass = this.#policy.isProtected(session) ? PROTECTED : ownClass
    const now = time()
    // The functions of the application may have closed the store.
    const handle = this.#open()
    this.#changed(sid)
    let saved
    /* prettier-ignore */
    if (known === undefined) {
      saved = native.memorySet(handle, sid, text, attributes, maxAge, expires, ttl, asClass, now)
    } else {
      const { seen, until } = known
      saved = native.memorySetAgain(handle, sid, text, attributes, maxAge, expires, ttl, asClass, now, until, seen)
    }
    this.#events.mayHaveHappened()
    if (saved === Saved.Done) return true
    if (saved === Saved.Dropped) return false
    throw this.#full(saved)
  }

  #full(saved) {
    const option = saved === Saved.TooManySessions ? 'maxSessions' : 'maxBytes'
    const most = this.#bounds?.[option]
    const limit = most === undefined ? option : `${option} is ${most}`
    return codedError('ERR_SESSION_STORE_FULL', `the session store is full: ${limit}`)
  }

  has(sid) {
    if (this.#listing !== undefined) return this.listedText(sid) !== undefined
    return native.memoryHas(this.#open(), sid, time())
  }

  delete(sid) {
    const handle = this.#open()
    this.#changed(sid)
    native.memoryDestroy(handle, sid, time())
    this.#events.mayHaveHappened()
  }

  /** The JSON of all sessions by id. Does not count as use. */
  all() {
    this.#listing = undefined
    const all = native.memoryAll(this.#open(), time())
    this.#events.mayHaveHappened()
    const texts = Object.create(null)
    for (let n = 0; n < all.length; n += 2) texts[all[n]] = all[n + 1]
    return texts
  }

  /** The ids of all sessions, which can be read until the end of this turn even if they expire. */
  list() {
    const before = this.#listing
    this.#listing = new Listing(this.all(), this.#changes, before)
    forgetSoon(() => (this.#listing = undefined))
    return this.#listing.ids
  }

  /** The JSON of a whole session as it was listed, or as it is. */
  listedText(sid) {
    const listing = this.#listing
    if (listing === undefined) return this.text(sid) ?? undefined
    // Other threads may have changed a shared store, and a session that a `ttl` ends is not returned.
    const listed = this.#isShared || this.hasTtl ? undefined : listing.text(sid, this.#changes)
    return listed ?? this.text(sid) ?? listing.expiredText(sid, time())
  }

  /** Iterates over all sessions in pages; yields ids and sessions. */
  entries(pageSize) {
    return entriesOf(() => this.#open(), pageSize)
  }

  /** Iterates over the ids of all sessions in pages. */
  ids(pageSize) {
    return idsOf(() => this.#open(), pageSize)
  }

  /** Whether sessions can be counted without reading them: there never was one that cannot be read. */
  get canCount() {
    return !this.#mayHoldVoid
  }

  /** Counts sessions without reading them. */
  count() {
    const count = native.memoryLength(this.#open(), time())
    this.#events.mayHaveHappened()
    return count
  }

  clear() {
    const handle = this.#open()
    this.#changes++
    this.#listing = undefined
    native.memoryClear(handle)
  }

  /** The store's contents and history. Times are in milliseconds. */
  stats() {
    const found = native.memoryStats(this.#open(), time())
    const { lastSweep, longestSweep, sweeps, ...others } = found
    const { queuedEvents, queuedBytes, droppedEvents, ...counts } = others
    return {
      ...counts,
      events: { queued: queuedEvents, bytes: queuedBytes, dropped: droppedEvents },
      sweeps: { count: sweeps, last: lastSweep, longest: longestSweep }
    }
  }

  close() {
    if (!this.#isOpen) return
    this.#listing = undefined
    this.#events.stop()
    this.#isOpen = false
    native.memoryClose(this.#handle)
  }
}

module.exports = { MemorySessions }
