'use strict'

const debug = require('debug')('express-session')
const { isSecure } = require('./cookie-io')
const { isStoreFailure } = require('./errors')
const { dataJson } = require('./json')
const { isLazy, makeLazy } = require('./lazy-session')
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
const { isPristine } = require('./pristine')
const { HookedResponse } = require('./response')
const { sessionOfParts } = require('./sessions')
const Session = require('../session/session')

const { save: originalSave } = Session.prototype

// An application's fake timers must not hold back errors.
const defer = setImmediate

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
  /** What our own store held, if it was asked. */
  #stored
  /** For a lazy session that nobody has read: makes it. */
  #makeSession
  /** What a lazy session is, once somebody has read it. */
  #session
  #isTouched = false
  /** The `save` that was put on the session, and whether it is being called by us. */
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

  /**
   * @param {object} [opened] What our own store was found to hold when the cookie was read.
   */
  begin(opened) {
    const { sessionID } = this.#req
    const { store } = this.#settings
    if (!sessionID) {
      if (debug.enabled) debug('no SID sent, generating session')
      this.#generate()
      return this.#continue()
    }
    if (debug.enabled) debug('fetching %s', sessionID)
    const sessions = fastPath(store, sessionID)
    if (sessions) defer(RequestSession.#resume, this, sessions.read(`${sessionID}`, opened))
    else store.get(sessionID, (error, data) => this.#onStored(error, data))
  }

  /**
   * In a later turn, as with any store, although our own has answered already: of requests that come at
   * once, all are read before the first is handled. That keeps the processor's caches warm, and takes
   * half the time under load.
   */
  static #resume(request, stored) {
    request.#stored = stored
    if (stored.isApart && isPristine() && fastPath(request.#settings.store, stored.id)) {
      if (debug.enabled) debug('session found')
      request.#loadApart(stored)
      request.#continue()
    } else {
      request.#onStored(null, stored.data)
    }
  }

  /** Loads what our own store holds, without going through what it would be as an object. */
  #loadApart(stored) {
    const req = this.#req
    const id = (this.#id = req.sessionID)
    this.#beginWith(stored.text, true)
    this.#leaveLazy(() => sessionOfParts(req, id, stored.cookie, stored.text))
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
    const options = isFirst && isPristine() ? generator.optionsForLater(req) : undefined
    if (options === undefined) {
      store.generate(req)
    } else {
      const { genid } = generator
      const id = (req.sessionID = genid(req))
      if (typeof id === 'string' && id !== '') {
        const since = options.maxAge == null ? undefined : Date.now()
        this.#id = id
        this.#beginWith('{}', false)
        return this.#leaveLazy(() => generator.makeLater(req, id, options, since))
      }
      generator.fill(req)
    }
    this.#id = req.sessionID
    this.#beginWith(dataJson(req.session), false)
    this.#watch(req.session)
  }

  /** The request begins with these data, as JSON; they are in the store already or not. */
  #beginWith(data, isStored) {
    this.#loadedData = data
    if (isStored && !this.#settings.resave) this.#savedData = data
  }

  #continue(...args) {
    const next = this.#next
    next(...args)
  }

  // 2. `req.session` is read, saved, reloaded.

  /** Makes the session when it is read, or at once where it cannot be lazy. */
  #leaveLazy(make) {
    this.#makeSession = make
    if (!makeLazy(this.#req, this)) this.#req.session = this.readSession()
  }

  /** What `req.session` is while it is lazy. */
  readSession() {
    const make = this.#makeSession
    if (make !== undefined) {
      this.#session = make()
      this.#makeSession = undefined
      this.#watch(this.#session)
      if (this.#isTouched) this.#session.touch()
    }
    return this.#session
  }

  /** What `req.session` is from now on, where it is lazy and has to stay so. */
  replaceSession(session) {
    this.#makeSession = undefined
    this.#session = session
  }

  /** Whether nobody can have seen the session, let alone changed it. */
  #isUnread() {
    return this.#makeSession !== undefined && isLazy(this.#req)
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
    this.#savedData = this.#dataOf(session)
    this.#currentData = undefined
    return this.#savedData
  }

  // 3. The headers are written: is the cookie set?

  beforeHeaders(isUndisturbed) {
    const req = this.#req
    if (!this.#hasSession()) return void debug('no session')
    if (!isUndisturbed) this.#currentData = undefined
    if (!this.#mustSetCookie()) return

    const { cookies, signer, trustProxy } = this.#settings
    if (req.session.cookie.secure && !isSecure(req, trustProxy)) return void debug('not secured')
    this.#touch()
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

  #mustSetCookie() {
    const facts = this.#facts()
    switch (decideAtHeaders(facts)) {
      case AtHeaders.SetCookie:
        return true
      case AtHeaders.SetCookieIfModified:
        return this.#isModified(facts)
      case AtHeaders.SetCookieIfExpiresAndModified:
        if (this.#isUnread()) return false
        return this.#req.session.cookie.expires != null && this.#isModified(facts)
      default:
        return false
    }
  }

  // 4. The response ends: what is the store told?

  commit() {
    const req = this.#req
    this.#currentData = undefined
    if (this.#isUnread()) this.#isTouched = true
    else if (req.session) this.#touch()
    switch (this.#decideAtEnd()) {
      case AtEnd.Destroy:
        return this.#destroyStored()
      case AtEnd.Save:
        return this.#saveStored()
      case TOUCH:
        return this.#touchStored()
      default:
        if (!this.#hasSession()) debug('no session')
    }
  }

  /** @returns {number} `Destroy`, `Save` or `Nothing` of `AtEnd`, or `TOUCH`. */
  #decideAtEnd() {
    const facts = this.#facts()
    if ((facts & (Fact.SessionPresent | Fact.IdText)) === Fact.SessionPresent) {
      this.#ignoreId(facts)
    }
    const answer = decideAtEnd(facts)
    switch (answer) {
      case AtEnd.Save:
        this.#checkData(facts)
        return answer
      case AtEnd.SaveIfModified:
        return this.#isModified(facts) ? AtEnd.Save : AtEnd.Nothing
      case AtEnd.SaveIfUnsaved:
        return this.#isUnsaved() ? AtEnd.Save : AtEnd.Nothing
      case AtEnd.SaveIfUnsavedElseTouch:
        return this.#isUnsaved() ? AtEnd.Save : TOUCH
      default:
        return answer
    }
  }

  #ignoreId(facts) {
    // Once for the question of saving, and once for that of touching.
    const times = facts & Fact.StoreCanTouch ? 2 : 1
    for (let n = 0; n < times; n++) {
      debug('session ignored because of bogus req.sessionID %o', this.#req.sessionID)
    }
  }

  /**
   * Whether the data differ makes no difference here, but a session without JSON has to fail: a `save`
   * that is not ours need not notice.
   */
  #checkData(facts) {
    const { session } = this.#req
    if (!(facts & Fact.IdChanged) && session.save !== this.#watchedSave) this.#dataOf(session)
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
    const isWatched = session.save === this.#watchedSave
    const sessions = this.#fastSave(session, isWatched)
    if (!sessions) {
      return (done) => {
        this.#isSaving = isWatched
        // By way of the request, as V8 names the expression in its error if `save` is no function.
        req.session.save(this.#answered(done))
      }
    }
    this.#isSaving = isWatched
    const data = isWatched ? this.#noteSave(session) : undefined
    this.#attempt(() => sessions.set(`${session.id}`, session, data))
    return true
  }

  /** The sessions to save this one in without callbacks: its `save` has to be ours, too. */
  #fastSave(session, isWatched) {
    if (!(session instanceof Session) || Session.prototype.save !== originalSave) return undefined
    if (!isWatched && session.save !== originalSave) return undefined
    const store = session.req.sessionStore
    return store ? fastPath(store, session.id) : undefined
  }

  #touchStored() {
    if (debug.enabled) debug('touching')
    const req = this.#req
    const { store } = this.#settings
    const sessions = fastPath(store, req.sessionID)
    if (!sessions) {
      return (done) => store.touch(req.sessionID, req.session, this.#answered(done, 'touched'))
    }
    this.#attempt(() => {
      const isDone = this.#canTouchUnread() && sessions.touchUnread(this.#stored)
      if (!isDone) sessions.touch(`${req.sessionID}`, req.session, this.#stored)
    })
    if (debug.enabled) debug('touched')
    return true
  }

  /** Whether the expiry can be renewed without making the session. */
  #canTouchUnread() {
    return this.#isUnread() && this.#stored?.id === this.#req.sessionID && isPristine()
  }

  /** Where a callback would be given an error of the store, it goes where that would have it go. */
  #attempt(operation) {
    try {
      operation()
    } catch (error) {
      if (!isStoreFailure(error)) throw error
      defer(this.#next, error)
    }
  }

  /** An error of the store goes to the application's error handler; the response goes out anyway. */
  #answered(done, message) {
    return (error) => {
      if (error) defer(this.#next, error)
      if (message) debug(message)
      done()
    }
  }

  // What is known at this moment.

  #hasSession() {
    return this.#isUnread() || this.#req.session
  }

  /** The number that stands for the state of the lifecycle. */
  #facts() {
    const req = this.#req
    let facts = this.#settings.facts | factsOfId(req.sessionID, this.#cookieId)
    facts |= this.#isUnread() ? Fact.SessionPresent : factsOfSession(req.session, this.#id)
    return this.#savedData === undefined ? facts : facts | Fact.SavedDataKnown
  }

  /** Whether the session is another one than the request began with. */
  #isModified(facts) {
    if (facts & Fact.IdChanged) return true
    return !this.#isUnread() && this.#dataOf(this.#req.session) !== this.#loadedData
  }

  /** Whether the store holds other data, where it is known which. */
  #isUnsaved() {
    if (this.#isUnread()) return this.#savedData !== this.#loadedData
    return this.#dataOf(this.#req.session) !== this.#savedData
  }

  /** @throws {TypeError} What `JSON.stringify` throws. */
  #dataOf(session) {
    return (this.#currentData ??= dataJson(session))
  }

  /** Renews the session's expiry, once a request. */
  #touch() {
    if (this.#isTouched) return
    // By way of the request, as V8 names the expression in its error if `touch` is no function.
    const req = this.#req
    req.session.touch()
    this.#isTouched = true
  }
}

/** The answer that {@link AtEnd.SaveIfUnsavedElseTouch} leaves if the data are saved. */
const TOUCH = -1

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
