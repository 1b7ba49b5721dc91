'use strict'

const { codedError } = require('../errors')
const { dataJson } = require('../json')
const native = require('../native')
const { flatSlice } = require('../session-id')
const { MemoryEvents } = require('./events')
const { checkOptions, checkPageSize, checkTtl } = require('./options')
const {
  StoredCookies,
  StoredSession,
  WHOLE,
  isOwnSession,
  parseWhole
} = require('./stored-session')

const { Saved, Touched } = native

/** Classes of sessions: the first goes first when there has to be room. */
const ANONYMOUS = 0
const OTHER = 1
const PROTECTED = 2

/** The place after a session's numbers, where the length of its id is when both are read at once. */
const ID_LENGTH = 3

// An application's fake timers must not hold back iterations.
const turn = setImmediate

/** The sessions of a MemoryStore. They are in the native library, outside of the JavaScript heap. */
class MemorySessions {
  #handle
  #numbers = new Float64Array(4)
  #buffer = this.#numbers.buffer
  #bounds
  #isOpen = true
  #protect
  #ttl
  /**
   * Whether a touch that changes nothing may be left out: not if other threads change the store as well,
   * nor if the session is kept for some time after each touch, or ranked by its last use.
   */
  #mayLeaveOut
  /** Counts up with every change, so that one can tell whether there was any. */
  #changes = 0
  /** The session that was read together with its id. */
  #opened
  #cookies
  #events

  /**
   * @param {object} emitter The store, on which events are emitted.
   * @param {unknown} options Of the store.
   */
  constructor(emitter, options) {
    const { eventData, name, native: bounds, protect, ttl } = checkOptions(options)
    const handle = native.openMemoryStore(name, bounds)
    if (handle === null) {
      const message = `the store ${JSON.stringify(name)} is open with other options`
      throw codedError('ERR_SESSION_STORE_OPTIONS', message)
    }
    const isShared = name !== undefined
    this.#handle = handle
    this.#bounds = bounds
    this.#protect = protect
    this.#ttl = typeof ttl === 'function' ? ttl : undefined
    this.#mayLeaveOut = !isShared && ttl === undefined
    this.#cookies = new StoredCookies(handle)
    this.#events = new MemoryEvents(emitter, handle, eventData)
    /** Whether it cannot take all the memory there is; a shared one is bounded by who opened it. */
    this.isBounded = Boolean(bounds?.maxBytes || bounds?.maxSessions) || isShared
  }

  /** Whether the store has not been closed. */
  get isOpen() {
    return this.#isOpen
  }

  #open() {
    if (this.#isOpen) return this.#handle
    throw codedError('ERR_SESSION_STORE_CLOSED', 'the session store is closed')
  }

  /** The JSON of a whole session, or null. */
  text(sid) {
    const text = native.memoryText(this.#open(), sid, +Date.now())
    this.#events.mayHaveHappened()
    return text
  }

  /** Keeps a text that somebody has written by hand. */
  write(sid, text) {
    this.#putWhole(sid, text)
  }

  /** @returns {object | undefined} What the session's JSON holds. */
  get(sid) {
    return parseWhole(this.text(sid))
  }

  /**
   * What `open` reads with.
   *
   * @param {object} keyring
   * @param {string} name The cookie's name.
   */
  createReader(keyring, name) {
    return native.createMemoryReader(this.#open(), keyring, name)
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
    const opened = native.memoryOpen(reader, header, +Date.now(), this.#buffer)
    if (typeof opened !== 'string') return opened
    this.#events.mayHaveHappened()
    const idLength = this.#numbers[ID_LENGTH]
    const id = flatSlice(opened, 0, idLength)
    this.#opened = this.#stored(id, opened.slice(idLength))
    return id
  }

  /**
   * The session that `open` has just read.
   *
   * @returns {StoredSession | undefined}
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
   * @param {StoredSession} [opened] What `open` has read, perhaps of another session or another store.
   * @returns {StoredSession}
   * @throws {SyntaxError} If somebody has put a text into the store that is no JSON.
   */
  read(sid, opened) {
    const isFresh = opened?.isOf(this.#cookies) && opened.changes === this.#changes
    // The application may have been called in between.
    if (isFresh && opened.id === sid) return opened.parse()
    const text = native.memoryRead(this.#open(), sid, +Date.now(), this.#buffer)
    this.#events.mayHaveHappened()
    return this.#stored(sid, text).parse()
  }

  #stored(sid, text) {
    return new StoredSession(this.#cookies, this.#changes, sid, text, this.#numbers)
  }

  /**
   * `data` is the JSON of the session without its cookie, if that is known.
   *
   * @throws {Error} `ERR_SESSION_STORE_FULL`
   */
  set(sid, session, data) {
    const cookie = isOwnSession(session) ? this.#cookies.partsOf(session.cookie) : undefined
    if (cookie !== undefined) {
      const text = data ?? dataJson(session)
      return this.#put(sid, text, cookie, session, text === '{}' ? ANONYMOUS : OTHER)
    }
    const text = JSON.stringify(session)
    if (text === undefined) this.delete(sid)
    else this.#putWhole(sid, `${text}`, session)
  }

  /**
   * Gives a stored session the cookie of this one, and leaves its data as they are.
   *
   * @param {string} sid
   * @param {object} session
   * @param {StoredSession} [stored] This session as it was read: if nothing was changed since, and the
   *   cookie is the same, there is nothing to do.
   */
  touch(sid, session, stored) {
    const cookie = this.#cookies.partsOf(session?.cookie)
    if (cookie === undefined) return this.#rewriteCookie(sid, session)
    if (stored !== undefined && this.#isUnchanged(stored, cookie)) return
    if (this.#touch(sid, session, cookie) === Touched.Whole) this.#rewriteCookie(sid, session)
  }

  /**
   * The same for a lazy session that nobody has read: its expiry is moved to its original distance from
   * now.
   *
   * @param {StoredSession} stored
   * @returns {boolean} False if that takes the session: the clock gives something odd, or what is stored
   *   has become whole text.
   */
  touchUnread(stored) {
    const { attributes, id, maxAge } = stored
    const now = Date.now()
    const expires = Number.isNaN(maxAge) ? NaN : now + maxAge
    if (typeof now !== 'number' || !(Number.isNaN(maxAge) || Number.isSafeInteger(expires))) {
      return false
    }
    const cookie = { attributes, maxAge, expires }
    if (this.#isUnchanged(stored, cookie)) return true
    const session = this.#ttl === undefined ? undefined : stored.data
    if (session !== undefined) session.cookie = this.#cookies.plain(cookie)
    return this.#touch(id, session, cookie) !== Touched.Whole
  }

  #isUnchanged(stored, cookie) {
    return (
      this.#mayLeaveOut &&
      stored.isOf(this.#cookies) &&
      stored.changes === this.#changes &&
      stored.hasCookie(cookie)
    )
  }

  #touch(sid, session, { attributes, maxAge, expires }) {
    const ttl = this.#ttlOf(session, expires)
    const now = +Date.now()
    const handle = this.#open()
    const touched = native.memoryTouch(handle, sid, attributes, maxAge, expires, ttl, now)
    this.#events.mayHaveHappened()
    if (touched === Touched.Done) this.#changes++
    return touched
  }

  #rewriteCookie(sid, session) {
    const stored = this.get(sid)
    if (stored) {
      stored.cookie = session.cookie
      this.set(sid, stored)
    }
  }

  #putWhole(sid, text, session) {
    const found = judge(text)
    const cookie = { attributes: WHOLE, maxAge: NaN, expires: found.expires }
    this.#put(sid, text, cookie, session ?? found.session, found.isAnonymous ? ANONYMOUS : OTHER)
  }

  #put(sid, text, { attributes, maxAge, expires }, session, sessionClass) {
    const handle = this.#open()
    const ttl = this.#ttlOf(session, expires)
    if (this.#protect !== undefined && session && this.#protect(session)) sessionClass = PROTECTED
    const now = +Date.now()
    this.#changes++
    const saved = native.memorySet(
      handle,
      sid,
      text,
      attributes,
      maxAge,
      expires,
      ttl,
      sessionClass,
      now
    )
    this.#events.mayHaveHappened()
    if (saved !== Saved.Done) throw this.#full(saved)
  }

  #full(saved) {
    const option = saved === Saved.TooManySessions ? 'maxSessions' : 'maxBytes'
    const most = this.#bounds?.[option]
    const limit = most === undefined ? option : `${option} is ${most}`
    return codedError('ERR_SESSION_STORE_FULL', `the session store is full: ${limit}`)
  }

  /** Milliseconds for which a session is kept whose cookie has no expiry, or NaN. */
  #ttlOf(session, expires) {
    if (this.#ttl === undefined || !session || !Number.isNaN(expires)) return NaN
    return checkTtl(this.#ttl(session))
  }

  has(sid) {
    return native.memoryHas(this.#open(), sid, +Date.now())
  }

  delete(sid) {
    const handle = this.#open()
    this.#changes++
    native.memoryDestroy(handle, sid, +Date.now())
    this.#events.mayHaveHappened()
  }

  allIds() {
    return native.memoryIds(this.#open(), +Date.now())
  }

  /** Goes through all sessions in pages; yields them with their ids. */
  async *entries(pageSize) {
    for await (const page of this.#pages(pageSize, true)) {
      for (let n = 0; n < page.length; n += 2) yield [page[n], JSON.parse(page[n + 1])]
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
      page = native.memoryPage(this.#open(), pages, size, +Date.now(), texts)
      yield page
      // Others have their turn.
      // oxlint-disable-next-line no-await-in-loop -- waiting is the purpose
      await new Promise(turn)
    } while (page.length === 2 * size)
  }

  /** Without reading any session. */
  count() {
    const count = native.memoryLength(this.#open(), +Date.now())
    this.#events.mayHaveHappened()
    return count
  }

  clear() {
    const handle = this.#open()
    this.#changes++
    native.memoryClear(handle)
  }

  /** What the store holds and has done. Times are in milliseconds. */
  stats() {
    const found = native.memoryStats(this.#open())
    const { lastSweep, longestSweep, sweeps, ...totals } = found
    return { ...totals, sweeps: { count: sweeps, last: lastSweep, longest: longestSweep } }
  }

  close() {
    if (!this.#isOpen) return
    this.#events.stop()
    this.#isOpen = false
    native.memoryClose(this.#handle)
  }
}

/**
 * Finds out what the store has to know of a text that stands for a whole session.
 *
 * @param {string} text
 * @returns {{ expires: number, isAnonymous: boolean, session: object | undefined }}
 */
function judge(text) {
  let session
  try {
    session = JSON.parse(text)
  } catch {
    // It cannot be read, and does not expire.
  }
  if (typeof session !== 'object' || session === null) {
    return { expires: NaN, isAnonymous: false, session: undefined }
  }
  const isAnonymous = Object.keys(session).every((name) => name === 'cookie')
  return { expires: expiryOf(session.cookie), isAnonymous, session }
}

/** When a session with this cookie expires, by the rules of express-session: NaN for never. */
function expiryOf(cookie) {
  const expires = cookie?.expires
  if (!expires) return NaN
  return Math.ceil(typeof expires === 'string' ? +new Date(expires) : +expires)
}

module.exports = { MemorySessions }
