'use strict'

const debug = require('debug')('express-session')
const Session = require('../session/session')
const { isSecure } = require('./cookie-io')
const { isStoreFailure } = require('./errors')
const { dataJson, hasNativeJson } = require('./json')
const { canBeLazy, isLazy, makeLazy } = require('./lazy-session')
const {
  AtEnd,
  AtHeaders,
  Fact,
  decideAtEnd,
  decideAtHeaders,
  factsOfId,
  factsOfSession
} = require('./lifecycle')
const { fastPath } = require('./memory/fast-path')
const { adoptMarks } = require('./memory/loaded')
const { areMethodsPristine, isPristine } = require('./pristine')
const { HookedResponse } = require('./response')
const { sessionOfParts } = require('./sessions')

const { save: originalSave } = Session.prototype

// Captured when the module loads: an application's fake timers must not delay errors.
const defer = setImmediate

/** Stands for a lazy `req.session` that has not been read: a session, unchanged. */
const UNREAD = { unread: true }

/** The outcome of `AtEnd.SaveIfUnsavedElseTouch` when there is nothing to save. */
const TOUCH = -1

/**
 * The session of one request: loads or generates it, sets the cookie when the headers are written, and saves,
 * touches or destroys it when the response ends.
 */
class RequestSession extends HookedResponse {
  #req
  #res
  #next
  /** Shared by all requests of a middleware: `settings` in `index.js`. */
  #settings
  #secrets
  #cookieId
  /** The id of the session at the start of the request. */
  #id
  /** The JSON of its data: at the start of the request, and in the store as far as known. */
  #loadedData
  #savedData
  /** The JSON of its data now, cached until the application may have changed them. */
  #currentData
  /** What MemoryStore returned, in parts. */
  #stored
  /** Has the marks of an unread session; see `lib/memory/loaded.js`. */
  #marked
  /** The cookie of a new session. */
  #cookie
  /** Whether `req.session` is lazy and its first session has not been read. */
  #isUnread = false
  /** Its methods as they were when the request began: handlers may have replaced them since. */
  #reload
  #save
  /** The value of a lazy `req.session`, once it has been read or assigned. */
  #session
  #isTouched = false
  /** The session that we watch, the `save` that we defined on it, and the one that it calls. */
  #watched
  #watchedSave
  #wrappedSave
  /** Whether we are the ones who call it. */
  #isSaving = false

  /**
   * @param {object} settings
   * @param {object} req With the cookie's id as `sessionID`.
   * @param {object} res
   * @param {(error?: unknown) => void} next
   * @param {unknown[]} secrets
   */
  constructor(settings, req, res, next, secrets) {
    super(res)
    this.#settings = settings
    this.#req = req
    this.#res = res
    this.#next = next
    this.#secrets = secrets
    this.#cookieId = req.sessionID
  }

  // 1. The session is generated or loaded.

  begin() {
    const req = this.#req
    const { sessionID } = req
    const { store } = this.#settings
    if (!sessionID) {
      if (debug.enabled) debug('no SID sent, generating session')
      this.#generate()
      return this.#continue()
    }
    if (debug.enabled) debug('fetching %s', sessionID)
    const sessions = fastPath(store, sessionID)
    if (sessions === undefined) {
      return void store.get(sessionID, (error, data) => this.#onStored(error, data))
    }
    const sid = `${sessionID}`
    let stored = sessions.takeOpened(sid)
    if (canBeLazy(req) && isPristine()) {
      stored ??= sessions.read(sid)
      if (stored.attributes >= 0) return void defer(RequestSession.#resume, this, stored)
    }
    sessions.getOpened(store, stored, sessionID, (error, data) => this.#onStored(error, data))
  }

  /**
   * Called in a later turn, as with any store, although MemoryStore has answered already. Of requests that
   * arrive together, all are read before the first is handled, which keeps the processor's caches warm and
   * takes half the time under load.
   */
  static #resume(request, stored) {
    if (debug.enabled) debug('session found')
    request.#stored = stored
    try {
      const { sessions } = stored
      if (sessions.marks) request.#marked = sessions.marked(stored)
      request.#leaveUnread(request.#req.sessionID, undefined, stored.text, true)
    } catch (failure) {
      return request.#continue(failure)
    }
    request.#continue()
  }

  #onStored(error, data) {
    if (error && error.code !== 'ENOENT') {
      debug('error %j', error)
      return this.#continue(error)
    }
    try {
      if (error || !data) {
        debug('no session found')
        this.#generate()
      } else {
        if (debug.enabled) debug('session found')
        const req = this.#req
        // V8's error names the variable if `createSession` is not a function.
        const { store } = this.#settings
        store.createSession(req, data)
        this.#id = req.sessionID
        this.#beginWith(dataJson(data), true)
        this.#watch(req.session)
      }
    } catch (failure) {
      return this.#continue(failure)
    }
    this.#continue()
  }

  #generate() {
    const { generator, store } = this.#settings
    const req = this.#req
    // Not if the store answers twice: there was a session already.
    const isFirst = this.#id === undefined && store.generate === generator.generate
    if (isFirst && generator.makesCookiesAlone && canBeLazy(req) && isPristine()) {
      const { genid } = generator
      req.sessionID = genid(req)
      const cookie = this.#giveCookie()
      if (cookie !== undefined) return this.#leaveUnread(req.sessionID, cookie, '{}', false)
    } else {
      store.generate(req)
    }
    this.#id = req.sessionID
    this.#beginWith(dataJson(req.session), false)
    this.#watch(req.session)
  }

  /**
   * Creates the cookie of a new lazy session. If that fails, or if renewing the cookie will have to fail
   * when the response ends, assigns the session instead and returns undefined.
   */
  #giveCookie() {
    const req = this.#req
    const parts = {}
    let isLazy = false
    try {
      this.#settings.generator.giveCookie(parts, req)
      const { originalMaxAge } = parts.cookie
      isLazy = !originalMaxAge || typeof originalMaxAge === 'number'
    } finally {
      if (!isLazy) req.session = Object.assign(new Session(req), parts)
    }
    return isLazy ? parts.cookie : undefined
  }

  /** Makes `req.session` lazy: the session is created from these parts when it is read. */
  #leaveUnread(id, cookie, json, isStored) {
    this.#id = id
    this.#cookie = cookie
    this.#beginWith(json, isStored)
    this.#isUnread = true
    this.#reload = Session.prototype.reload
    this.#save = Session.prototype.save
    if (!makeLazy(this.#req, this)) this.#req.session = this.readSession()
  }

  /** Remembers the data, as JSON, that later states are compared with. */
  #beginWith(data, isStored) {
    this.#loadedData = data
    if (isStored && !this.#settings.resave) this.#savedData = data
  }

  #continue(...args) {
    const next = this.#next
    next(...args)
  }

  // 2. `req.session` is read, saved, reloaded.

  /** The value of a lazy `req.session`; creates the session when it is read for the first time. */
  readSession() {
    if (this.#isUnread) {
      const session = this.#makeSession()
      this.#isUnread = false
      this.#session = session
      this.#wrap(session, this.#reload, this.#save)
    }
    return this.#session
  }

  /** Sets the value of a lazy `req.session`. */
  assignSession(session) {
    this.#isUnread = false
    this.#session = session
  }

  #makeSession() {
    const stored = this.#stored
    const cookie = this.#cookie ?? stored.sessions.cookieOf(stored)
    const session = sessionOfParts(this.#req, this.#id, cookie, this.#loadedData)
    if (this.#marked !== undefined) adoptMarks(session, this.#marked)
    return session
  }

  /** Whether an object that shares the request's stream state is a wrapper or a copy of the request. */
  isOf({ sessionID, _events: events }) {
    const req = this.#req
    if (sessionID === this.#id || sessionID === req.sessionID) return true
    return events !== undefined && events === req._events
  }

  /** The value of `req.session`, or `UNREAD`. With a replaced `JSON`, unread data may have other JSON. */
  #peek() {
    const isUnread = this.#isUnread && isLazy(this.#req) && hasNativeJson()
    return isUnread ? UNREAD : this.#req.session
  }

  /** Notices when this session is saved or reloaded. */
  #watch(session) {
    // Read one by one: for a missing session, V8's error names the member that could not be read.
    const sessionReload = session.reload
    const sessionSave = session.save
    this.#wrap(session, sessionReload, sessionSave)
  }

  #wrap(session, sessionReload, sessionSave) {
    const request = this

    function reload(callback) {
      const before = this
      debug('reloading %s', this.id)
      sessionReload.call(this, function () {
        // It may have been replaced by another session.
        if (request.#req.session !== before) request.#watch(request.#req.session)
        callback.apply(this, arguments)
      })
    }

    function save() {
      request.#noteSave(this, session)
      request.#currentData = undefined
      sessionSave.apply(this, arguments)
    }

    defineMethod(session, 'reload', reload)
    defineMethod(session, 'save', save)
    this.#watched = session
    this.#watchedSave = save
    this.#wrappedSave = sessionSave
  }

  /**
   * Called before a session is saved, by the `save` of `watched`.
   *
   * @returns {string} The JSON of its data.
   */
  #noteSave(session, watched) {
    if (debug.enabled) debug('saving %s', session.id)
    // A copy has the methods of the session that it is a copy of.
    if (session !== watched) adoptMarks(session, watched)
    if (!this.#isSaving) this.#currentData = undefined
    this.#isSaving = false
    return (this.#savedData = this.#dataOf(session))
  }

  // 3. The headers are written: is the cookie set?

  beforeHeaders(isUndisturbed) {
    const session = this.#peek()
    if (!session) return void debug('no session')
    if (!isUndisturbed) this.#currentData = undefined
    if (!this.#mustSetCookie(session)) return

    const req = this.#req
    const { cookies, signer, trustProxy } = this.#settings
    if (req.session.cookie.secure && !isSecure(req, trustProxy)) return void debug('not secured')
    this.#touch(req.session)
    try {
      const value = signer.sign(this.#secrets, req.sessionID)
      const text = cookies.serialize(value, req.session.cookie.data)
      if (debug.enabled) debug('set-cookie %s', text)
      const others = this.#res.getHeader('Set-Cookie')
      this.#res.setHeader('Set-Cookie', others ? [].concat(others, text) : [text])
    } catch (error) {
      defer(this.#next, error)
    }
  }

  #mustSetCookie(session) {
    const facts = this.#facts(session)
    switch (decideAtHeaders(facts)) {
      case AtHeaders.SetCookie:
        return true
      case AtHeaders.SetCookieIfModified:
        return this.#isModified(session, facts)
      case AtHeaders.SetCookieIfExpiresAndModified:
        if (session === UNREAD) return false
        return session.cookie.expires != null && this.#isModified(session, facts)
      default:
        return false
    }
  }

  // 4. The response ends: what is the store told?

  commit() {
    this.#currentData = undefined
    let session = this.#peek()
    if (session) this.#touch(session)
    // Touching it may have created the session.
    if (session === UNREAD && !this.#isUnread) session = this.#req.session
    switch (this.#decideAtEnd(session)) {
      case AtEnd.Destroy:
        return this.#destroyStored()
      case AtEnd.Save:
        return this.#saveStored()
      case TOUCH:
        return this.#touchStored(session)
      default:
        if (!session) debug('no session')
    }
  }

  /** @returns {number} `Destroy`, `Save` or `Nothing` of `AtEnd`, or `TOUCH`. */
  #decideAtEnd(session) {
    const facts = this.#facts(session)
    if ((facts & (Fact.SessionPresent | Fact.IdText)) === Fact.SessionPresent) {
      // Once when deciding whether to save, and once whether to touch.
      const times = facts & Fact.StoreCanTouch ? 2 : 1
      for (let n = 0; n < times; n++) {
        debug('session ignored because of bogus req.sessionID %o', this.#req.sessionID)
      }
    }
    const answer = decideAtEnd(facts)
    switch (answer) {
      case AtEnd.SaveIfModified:
        return this.#isModified(session, facts) ? AtEnd.Save : AtEnd.Nothing
      case AtEnd.SaveIfUnsaved:
        return this.#isUnsaved(session) ? AtEnd.Save : AtEnd.Nothing
      case AtEnd.SaveIfUnsavedElseTouch:
        return this.#isUnsaved(session) ? AtEnd.Save : TOUCH
      case AtEnd.Save:
        // The data make no difference here, but a session that has no JSON must fail, and a `save` that
        // is not ours may not notice.
        if (session !== UNREAD && !(facts & Fact.IdChanged) && !this.#isWatched(session)) {
          this.#dataOf(session)
        }
        return answer
      default:
        return answer
    }
  }

  #destroyStored() {
    debug('destroying')
    const req = this.#req
    const { store } = this.#settings
    const sessions = fastPath(store, req.sessionID)
    if (!sessions) return (done) => store.destroy(req.sessionID, this.#answered(done, 'destroyed'))
    sessions.delete(`${req.sessionID}`)
    debug('destroyed')
    return true
  }

  #saveStored() {
    const req = this.#req
    const { session } = req
    const isWatched = this.#isWatched(session)
    const sessions = this.#fastSave(session, isWatched)
    this.#isSaving = isWatched
    if (!sessions) {
      return (done) => {
        // Through the request: V8's error names the expression if `save` is not a function.
        req.session.save(this.#answered(done))
      }
    }
    const data = isWatched ? this.#noteSave(session, this.#watched) : undefined
    try {
      sessions.set(`${session.id}`, session, data)
    } catch (error) {
      this.#failed(error)
    }
    return true
  }

  /** Where to save this session without callbacks, if its `save` is ours. */
  #fastSave(session, isWatched) {
    if (!(session instanceof Session) || Session.prototype.save !== originalSave) return undefined
    const save = isWatched ? this.#wrappedSave : session.save
    if (save !== originalSave) return undefined
    const store = session.req.sessionStore
    return store ? fastPath(store, session.id) : undefined
  }

  #touchStored(session) {
    if (debug.enabled) debug('touching')
    const req = this.#req
    const { store } = this.#settings
    const sessions = fastPath(store, req.sessionID)
    if (!sessions) {
      return (done) => store.touch(req.sessionID, req.session, this.#answered(done, 'touched'))
    }
    try {
      const stored = this.#stored
      const isUnread = session === UNREAD && stored?.id === req.sessionID
      if (!(isUnread && sessions.touchUnread(stored))) {
        sessions.touch(`${req.sessionID}`, req.session, stored)
      }
    } catch (error) {
      this.#failed(error)
    }
    if (debug.enabled) debug('touched')
    return true
  }

  /** Handles an error of the fast path as the store's callback would. */
  #failed(error) {
    if (!isStoreFailure(error)) throw error
    defer(this.#next, error)
  }

  /** An error of the store goes to the application's error handler; the response goes out anyway. */
  #answered(done, message) {
    return (error) => {
      if (error) defer(this.#next, error)
      if (message) debug(message)
      done()
    }
  }

  // What is known at this moment. `session` is what `#peek` returned.

  /** The state of the lifecycle as a number. */
  #facts(session) {
    let facts = this.#settings.facts | factsOfId(this.#req.sessionID, this.#cookieId)
    facts |= session === UNREAD ? Fact.SessionPresent : factsOfSession(session, this.#id)
    return this.#savedData === undefined ? facts : facts | Fact.SavedDataKnown
  }

  /** Whether the session differs from the one at the start of the request. */
  #isModified(session, facts) {
    if (facts & Fact.IdChanged) return true
    return session !== UNREAD && this.#dataOf(session) !== this.#loadedData
  }

  /** Whether its data differ from what the store is known to hold. */
  #isUnsaved(session) {
    const data = session === UNREAD ? this.#loadedData : this.#dataOf(session)
    return data !== this.#savedData
  }

  /** Whether the session's `save` is the one that we defined. */
  #isWatched(session) {
    return session.save === this.#watchedSave
  }

  /** @throws {TypeError} What `JSON.stringify` throws. */
  #dataOf(session) {
    return (this.#currentData ??= dataJson(session))
  }

  /** Renews the session's expiry, once a request. */
  #touch(session) {
    if (this.#isTouched) return
    if (session === UNREAD && this.#touchUnread()) {
      this.#isTouched = true
      return
    }
    // Through the request: V8's error names the expression if `touch` is not a function.
    const req = this.#req
    req.session.touch()
    this.#isTouched = true
  }

  /** The same without creating the session. Returns false if the session is needed. */
  #touchUnread() {
    const cookie = this.#cookie
    // Renewing a new session without an expiry changes nothing.
    if (cookie?.originalMaxAge === null) return areMethodsPristine()
    if (!isPristine()) return false
    if (cookie === undefined) return this.#stored.sessions.renew(this.#stored)
    cookie.maxAge = cookie.originalMaxAge
    return true
  }
}

/** Defines a method like that of the prototype: not enumerable, and replaceable. */
function defineMethod(session, name, value) {
  Object.defineProperty(session, name, {
    configurable: true,
    enumerable: false,
    value,
    writable: true
  })
}

module.exports = { RequestSession }
