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
const { areMethodsPristine, isPristine } = require('./pristine')
const { HookedResponse } = require('./response')
const { sessionOfParts } = require('./sessions')

const { save: originalSave } = Session.prototype

// An application's fake timers must not hold back errors.
const defer = setImmediate

/** Stands for a lazy `req.session` that has not been read: a session, unchanged. */
const UNREAD = { unread: true }

/** The answer that `SaveIfUnsavedElseTouch` of `AtEnd` leaves if nothing has to be saved. */
const TOUCH = -1

/**
 * The session of one request, from the moment when the client has asked for one to the end of the
 * response: what is known of it, and what becomes of it.
 */
class RequestSession extends HookedResponse {
  #req
  #res
  #next
  /** What all requests of a middleware share: `settings` in `index.js`. */
  #settings
  #secrets
  #cookieId
  /** The id of the session that the request began with. */
  #id
  /** The JSON of its data: as the request began with them, and as the store holds them, if known. */
  #loadedData
  #savedData
  /** As they are now, for as long as nobody can have changed them. */
  #currentData
  /** What our own store held, in parts. */
  #stored
  /** The cookie of a new session. */
  #cookie
  /** Whether `req.session` is lazy, and the session that it began with has not been read. */
  #isUnread = false
  /** The session that a lazy `req.session` began with, once it has been read. */
  #session
  /** What was assigned to a lazy `req.session`. */
  #isAssigned = false
  #assigned
  #isTouched = false
  /** The `save` that was put on the session, and whether it is called by us. */
  #watchedSave
  #isSaving = false

  /**
   * @param {object} settings
   * @param {object} req Its `sessionID` is what the cookie says.
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
    const isLazy = sessions !== undefined && canBeLazy(req) && isPristine()
    const stored = isLazy ? sessions.read(`${sessionID}`) : undefined
    if (stored !== undefined) defer(RequestSession.#resume, this, stored)
    else store.get(sessionID, (error, data) => this.#onStored(error, data))
  }

  /**
   * In a later turn, as with any store, although our own has answered already: of requests that come at
   * once, all are read before the first is handled. That keeps the processor's caches warm, and takes
   * half the time under load.
   */
  static #resume(request, stored) {
    if (debug.enabled) debug('session found')
    request.#stored = stored
    request.#leaveUnread(request.#req.sessionID, undefined, stored.text, true)
    request.#continue()
  }

  #onStored(error, data) {
    // At a store's second answer, wrappers of the request may still hold the first session.
    this.readSession()
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
        // V8 names the variable in its error if that is no function.
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
    // Not after a store's second answer, when there was a session already.
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
   * The cookie of a new session that can be lazy. Otherwise the session is assigned: its cookie could not
   * be made, or cannot be renewed, which has to fail when the response ends.
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

  /** Makes `req.session` lazy: what it is made of when it is read are the parts of a session. */
  #leaveUnread(id, cookie, json, isStored) {
    this.#id = id
    this.#cookie = cookie
    this.#beginWith(json, isStored)
    this.#isUnread = true
    if (!makeLazy(this.#req, this)) this.#req.session = this.readSession()
  }

  /** The request begins with these data, as JSON; the store holds them already, or not. */
  #beginWith(data, isStored) {
    this.#loadedData = data
    if (isStored && !this.#settings.resave) this.#savedData = data
  }

  #continue(...args) {
    const next = this.#next
    next(...args)
  }

  // 2. `req.session` is read, saved, reloaded.

  /** The session that the request began with, where that is lazy. */
  readSession() {
    if (this.#isUnread) {
      const session = this.#makeSession()
      this.#isUnread = false
      this.#session = session
      this.#watch(session)
    }
    return this.#session
  }

  /** What a lazy `req.session` is. */
  currentSession() {
    return this.#isAssigned ? this.#assigned : this.readSession()
  }

  /** What a lazy `req.session` is from now on. */
  assignSession(session) {
    this.#isAssigned = true
    this.#assigned = session
  }

  #makeSession() {
    const stored = this.#stored
    const cookie = this.#cookie ?? stored.sessions.cookieOf(stored)
    return sessionOfParts(this.#req, this.#id, cookie, this.#loadedData)
  }

  /** Whether an object that has something of a request has the id of its session, or its listeners. */
  isOf({ sessionID, _events: events }) {
    const req = this.#req
    if (sessionID === this.#id || sessionID === req.sessionID) return true
    return events !== undefined && events === req._events
  }

  /** What `req.session` is, without making it; another codec makes other JSON of the same data. */
  #peek() {
    const isUnread = this.#isUnread && !this.#isAssigned && isLazy(this.#req) && hasNativeJson()
    return isUnread ? UNREAD : this.#req.session
  }

  /** Has the request learn when this session is saved or reloaded. */
  #watch(session) {
    const request = this
    const { reload: sessionReload, save: sessionSave } = session

    function reload(callback) {
      const before = this
      debug('reloading %s', this.id)
      sessionReload.call(this, function () {
        // Another session may be in its place.
        if (request.#req.session !== before) request.#watch(request.#req.session)
        callback.apply(this, arguments)
      })
    }

    function save() {
      request.#noteSave(this)
      request.#currentData = undefined
      sessionSave.apply(this, arguments)
    }

    defineMethod(session, 'reload', reload)
    defineMethod(session, 'save', save)
    this.#watchedSave = save
  }

  /** A session is about to be saved. @returns {string} The JSON of its data. */
  #noteSave(session) {
    if (debug.enabled) debug('saving %s', session.id)
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
    // Touching it may have taken the session.
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
      // Once for the question of saving, and once for that of touching.
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
        // Here it makes no difference what the data are, but a session without JSON has to fail: a `save`
        // that is not ours need not notice.
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
        // By way of the request, as V8 names the expression in its error if `save` is no function.
        req.session.save(this.#answered(done))
      }
    }
    const data = isWatched ? this.#noteSave(session) : undefined
    try {
      sessions.set(`${session.id}`, session, data)
    } catch (error) {
      this.#failed(error)
    }
    return true
  }

  /** The sessions to save this one in without callbacks: its `save` has to be ours, too. */
  #fastSave(session, isWatched) {
    if (!(session instanceof Session) || Session.prototype.save !== originalSave) return undefined
    if (!isWatched && session.save !== originalSave) return undefined
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

  /** Where a callback would be given an error of the store, it goes where that would have it go. */
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

  // What is known at this moment. `session` is what `#peek` has given.

  /** The number that stands for the state of the lifecycle. */
  #facts(session) {
    let facts = this.#settings.facts | factsOfId(this.#req.sessionID, this.#cookieId)
    facts |= session === UNREAD ? Fact.SessionPresent : factsOfSession(session, this.#id)
    return this.#savedData === undefined ? facts : facts | Fact.SavedDataKnown
  }

  /** Whether the session is another one than the request began with. */
  #isModified(session, facts) {
    if (facts & Fact.IdChanged) return true
    return session !== UNREAD && this.#dataOf(session) !== this.#loadedData
  }

  /** Whether its data are others than the store holds, where those are known. */
  #isUnsaved(session) {
    const data = session === UNREAD ? this.#loadedData : this.#dataOf(session)
    return data !== this.#savedData
  }

  /** Whether the session's `save` is the one that was put there to learn of it. */
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
    // By way of the request, as V8 names the expression in its error if `touch` is no function.
    const req = this.#req
    req.session.touch()
    this.#isTouched = true
  }

  /** The same without making the session. Returns false if that takes the session. */
  #touchUnread() {
    const cookie = this.#cookie
    // That of a new session without an expiry stays as it is.
    if (cookie?.originalMaxAge === null) return areMethodsPristine()
    if (!isPristine()) return false
    if (cookie === undefined) return this.#stored.sessions.renew(this.#stored)
    cookie.maxAge = cookie.originalMaxAge
    return true
  }
}

/** Not enumerable, like the method that it stands in for, and like that it can be replaced. */
function defineMethod(session, name, value) {
  Object.defineProperty(session, name, {
    configurable: true,
    enumerable: false,
    value,
    writable: true
  })
}

module.exports = { RequestSession }
