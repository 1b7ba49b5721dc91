'use strict'

const debug = require('debug')('express-session')
const { ChangeTracker } = require('./change-tracker')
const { understand } = require('./cookie-text')
const direct = require('./direct-store')
const lifecycle = require('./lifecycle')
const { AtEnd, AtHeaders, Fact } = require('./native')
const { HookedResponse } = require('./response')
const { isSecure } = require('./secure-connection')
const { textWithoutCookie } = require('./session-text')
const { isStoreFailure } = require('./sessions-behind')
const { sessionOfParts } = require('./stored-session')
const { canStandIn, standIn, stands, withId } = require('./unread-session')
const { watchSession } = require('./watched-session')

// An application's fake timers must not hold back errors.
const defer = setImmediate

/**
 * A request's session, from the moment when the client has asked for one to the end of the response:
 * what is remembered of it, and what becomes of it.
 */
class RequestSession extends HookedResponse {
  #req
  #res
  #next
  /** What all requests of a middleware share: `settings` in `index.js`. */
  #settings
  #secrets
  #cookieId
  /** The id that the session had when the request began. */
  #id
  #changeTracker
  /** What our own store held, if it was asked. */
  #snapshot
  /** `req.session`, where an accessor stands in for it. */
  #session
  /** While nobody has read it: what the store held, or, if it is new, the options of its cookie. */
  #unread
  /** The cookie that the store held, unless it was read at once. */
  #unreadCookie
  #isNew = false
  /** When it was generated, if its cookie expires so many milliseconds later. */
  #generatedAt
  #touched = false
  /** The `save` that was put on the session last, and whether it is called right away. */
  #save
  #savesNow = false

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

  /**
   * Generates or loads the session; the application takes over.
   *
   * @param {object} [opened] What our own store was found to hold when the cookie was read.
   */
  begin(opened) {
    const { sessionID } = this.#req
    const { store } = this.#settings
    if (!sessionID) {
      if (debug.enabled) debug('no SID sent, generating session')
      this.#generate()
      return this.#goOn()
    }
    if (debug.enabled) debug('fetching %s', sessionID)
    const sessions = direct.forGet(store, sessionID)
    if (sessions) defer(RequestSession.#resume, this, sessions.snapshot(`${sessionID}`, opened))
    else store.get(sessionID, (error, data) => this.#onStored(error, data))
  }

  /**
   * In a later turn, as with any store, although our own has answered already: of requests that come at
   * once, all are read before the first is handled, and each part of the work is done for all of them in
   * a row. That keeps the processor's caches warm, and takes half the time under load.
   */
  static #resume(request, snapshot) {
    request.#onSnapshot(snapshot)
  }

  #onSnapshot(snapshot) {
    this.#snapshot = snapshot
    const cookie = snapshot.cookie === undefined ? undefined : understand(snapshot.cookie)
    if (
      cookie !== undefined &&
      direct.createsPlainly(this.#settings.store) &&
      canStandIn(this.#req)
    ) {
      this.#unreadCookie = cookie
      if (debug.enabled) debug('session found')
      this.#leaveUnread(snapshot, false)
      return this.#goOn()
    }
    this.#onStored(null, snapshot.data)
  }

  #onStored(error, data) {
    if (error && error.code !== 'ENOENT') {
      debug('error %j', error)
      return this.#goOn(error)
    }
    try {
      if (error || !data) {
        debug('no session found')
        this.#generate()
      } else {
        if (debug.enabled) debug('session found')
        const { store } = this.#settings
        const text = direct.createsPlainly(store) ? this.#snapshot?.text : undefined
        store.createSession(this.#req, data)
        this.#loaded(data, text)
      }
    } catch (failure) {
      return this.#goOn(failure)
    }
    this.#goOn()
  }

  #goOn(...args) {
    const next = this.#next
    next(...args)
  }

  #generate() {
    const { generator, store } = this.#settings
    const req = this.#req
    // Not after a store's second answer, when there was a session already.
    const canWait =
      this.#id === undefined && store.generate === generator.generate && canStandIn(req)
    const options = canWait ? generator.forLater(req) : undefined
    if (options !== undefined) {
      const { genid } = generator
      req.sessionID = genid(req)
      if (typeof req.sessionID === 'string' && req.sessionID !== '') {
        this.#generatedAt = options.maxAge == null ? undefined : Date.now()
        return this.#leaveUnread(options, true)
      }
      generator.fill(req)
    } else {
      store.generate(req)
    }
    this.#id = req.sessionID
    this.#changes.begin({ text: textWithoutCookie(req.session) }, false)
    this.#watch(req.session)
  }

  #leaveUnread(unread, isNew) {
    this.#id = this.#req.sessionID
    this.#unread = unread
    this.#isNew = isNew
    // A store that answers twice may have the request begin anew.
    if (this.#changeTracker !== undefined) this.#trackUnread(this.#changeTracker)
    standIn(this.#req, this)
  }

  /** What is known of changes; made only when it is asked for, as most of it is known of a session unread. */
  get #changes() {
    return this.#keepTrack()
  }

  #keepTrack() {
    return (this.#changeTracker ??= this.#trackUnread(new ChangeTracker()))
  }

  #trackUnread(changes) {
    const unread = this.#unread
    if (unread === undefined) return changes
    if (this.#isNew) {
      const later = () =>
        textWithoutCookie(this.#settings.generator.makeLater(this.#req, unread, 0))
      changes.begin({ later }, false)
    } else {
      changes.begin({ text: unread.rest }, !this.#settings.resave)
    }
    return changes
  }

  get req() {
    return this.#req
  }

  /** What `req.session` is; called by the accessor that stands in for it. */
  readSession() {
    if (this.#unread !== undefined) this.#makeSession()
    return this.#session
  }

  /** Called when something is assigned to `req.session`. */
  assignSession(session) {
    this.#keepTrack()
    this.#unread = undefined
    this.#session = session
  }

  #makeSession() {
    const unread = this.#unread
    if (!this.#isNew) this.#keepTrack()
    this.#unread = undefined
    try {
      withId(this.#req, this.#id, (req) => {
        this.#session = this.#isNew
          ? this.#settings.generator.makeLater(req, unread, this.#generatedAt)
          : sessionOfParts(req, this.#unreadCookie, unread.rest)
      })
    } catch (error) {
      this.#unread = unread
      throw error
    }
    if (this.#isNew) this.#changes.begin({ text: textWithoutCookie(this.#session) }, false)
    this.#watch(this.#session)
    if (this.#touched) this.#session.touch()
  }

  /** `whole` is the JSON of the data as they were stored, cookie included, if it is known. */
  #loaded(data, whole) {
    this.#id = this.#req.sessionID
    const known = whole === undefined ? { text: textWithoutCookie(data) } : { whole }
    this.#changes.begin(known, !this.#settings.resave)
    this.#watch(this.#req.session)
  }

  /** Sets the cookie, if the client has to be told. */
  beforeHeaders(isUndisturbed) {
    if (this.#isUnread() && !this.#mustSetCookieUnread()) return
    const req = this.#req
    const { session } = req
    if (!session) return void debug('no session')
    if (!this.#mustSetCookie(session, isUndisturbed)) return
    const { cookies, signer, trustProxy } = this.#settings
    if (session.cookie.secure && !isSecure(req, trustProxy)) return void debug('not secured')
    this.#touch()
    try {
      const value = signer.sign(this.#secrets, req.sessionID)
      const text = cookies.serialize(value, req.session.cookie.data)
      if (debug.enabled) debug('set-cookie %s', text)
      this.#addHeader(text)
    } catch (error) {
      defer(this.#next, error)
    }
  }

  #addHeader(text) {
    const res = this.#res
    const others = res.getHeader('Set-Cookie')
    res.setHeader('Set-Cookie', others ? [].concat(others, text) : [text])
  }

  #mustSetCookie(session, isUndisturbed) {
    if (!isUndisturbed) this.#changes.disturbed()
    let state = this.#state(session)
    // Reading the expiry fails for a session without a cookie, so only where it counts.
    const asksExpiry = Fact.SessionPresent | Fact.IdText | Fact.IdFromCookie
    if ((state & (asksExpiry | Fact.Rolling)) === asksExpiry) {
      if (session.cookie.expires != null) state |= Fact.CookieExpires
    }
    let answer = lifecycle.atHeaders(state)
    if (answer === AtHeaders.CompareWithLoaded) {
      answer = lifecycle.atHeaders(state | this.#changes.compareWithLoaded(session))
    }
    return answer === AtHeaders.SetCookie
  }

  /** Tells the store what there is to tell. */
  commit() {
    if (this.#isUnread()) {
      const answer = this.#atEndUnread()
      if (answer === AtEnd.Nothing) return undefined
      if (answer === AtEnd.Touch && this.#touchStoredUnread()) return true
    }
    const { session } = this.#req
    if (session) this.#touch()
    switch (this.#atEnd()) {
      case AtEnd.Destroy:
        return this.#destroyStored()
      case AtEnd.Save:
        return this.#saveStored()
      case AtEnd.Touch:
        return this.#touchStored()
      default:
        if (!this.#req.session) debug('no session')
    }
  }

  #atEnd() {
    this.#changes.disturbed()
    const { session } = this.#req
    const state = this.#state(session)
    if ((state & (Fact.SessionPresent | Fact.IdText)) === Fact.SessionPresent) {
      // Once for the question of saving, once for that of touching.
      const times = state & Fact.StoreCanTouch ? 2 : 1
      for (let n = 0; n < times; n++) {
        debug('session ignored because of bogus req.sessionID %o', this.#req.sessionID)
      }
    }
    const answer = lifecycle.atEnd(state)
    if (answer === AtEnd.Save && !(state & Fact.IdChanged) && !this.#watchesSave(session)) {
      // The outcome does not depend on it, but a session without JSON has to fail here: a `save` that is
      // not ours need not notice.
      this.#changes.current(session)
    }
    if (answer === AtEnd.CompareWithLoaded) {
      return lifecycle.atEnd(state | this.#changes.compareWithLoaded(session))
    }
    if (answer === AtEnd.CompareWithSaved) {
      return lifecycle.atEnd(state | this.#changes.compareWithSaved(session))
    }
    return answer
  }

  /** Whether nobody can have seen the session, let alone changed it. */
  #isUnread() {
    return this.#unread !== undefined && this.#req.sessionID === this.#id && stands(this.#req)
  }

  #stateUnread() {
    let state = this.#settings.state | Fact.SessionPresent | Fact.DataCompared
    state |= lifecycle.factsOfId(this.#id, this.#cookieId)
    const changes = this.#changeTracker
    const knowsSaved =
      changes === undefined ? !this.#isNew && !this.#settings.resave : changes.knowsSaved
    if (knowsSaved) state |= Fact.SavedTextKnown
    return state
  }

  /** `true` also where the session has to be looked at to know. */
  #mustSetCookieUnread() {
    const state = this.#stateUnread()
    if (state & Fact.IdFromCookie && !(state & Fact.Rolling)) {
      // It counts whether the cookie expires.
      if (this.#isNew || !this.#unreadCookie.neverExpires) return true
    }
    return lifecycle.atHeaders(state) !== AtHeaders.Nothing
  }

  #atEndUnread() {
    // Every request renews the expiry of its session, which whoever reads it from now on has to see.
    this.#touched = true
    return lifecycle.atEnd(this.#stateUnread())
  }

  /** Does what a touch would, without making the session. `false` if that takes a session after all. */
  #touchStoredUnread() {
    if (this.#isNew) return false
    const sessions = direct.forTouchUnread(this.#settings.store, this.#id)
    if (!sessions) return false
    const cookie = this.#unreadCookie.renewed()
    if (cookie === undefined) return false
    if (debug.enabled) debug('touching')
    sessions.touchUnread(this.#id, cookie, this.#snapshot)
    if (debug.enabled) debug('touched')
    return true
  }

  #destroyStored() {
    debug('destroying')
    const req = this.#req
    const { store } = this.#settings
    const sessions = direct.forDestroy(store, req.sessionID)
    if (!sessions) return (done) => store.destroy(req.sessionID, this.#answered(done, 'destroyed'))
    sessions.delete(`${req.sessionID}`)
    debug('destroyed')
    return true
  }

  #saveStored() {
    const req = this.#req
    const { session } = req
    const watched = this.#watchesSave(session)
    const sessions = direct.forSave(session, watched)
    if (!sessions) {
      return (done) => {
        this.#savesNow = watched
        // For the error's text again, see `#touch`.
        req.session.save(this.#answered(done))
      }
    }
    const rest = watched ? this.#noteSave(session) : undefined
    try {
      sessions.set(`${session.id}`, session, rest)
    } catch (error) {
      this.#refused(error)
    }
    return true
  }

  #touchStored() {
    if (debug.enabled) debug('touching')
    const req = this.#req
    const { store } = this.#settings
    const sessions = direct.forTouch(store, req.sessionID)
    if (!sessions) {
      return (done) => store.touch(req.sessionID, req.session, this.#answered(done, 'touched'))
    }
    try {
      sessions.touch(`${req.sessionID}`, req.session, this.#snapshot)
    } catch (error) {
      this.#refused(error)
    }
    if (debug.enabled) debug('touched')
    return true
  }

  /** Where a callback would have been given the error, it goes where that would have it go. */
  #refused(error) {
    if (!isStoreFailure(error)) throw error
    defer(this.#next, error)
  }

  /** A store's failure goes to the application's error handler; the response goes out anyway. */
  #answered(done, message) {
    return (error) => {
      if (error) defer(this.#next, error)
      if (message) debug(message)
      done()
    }
  }

  /** Renews the session's expiry, once a request. */
  #touch() {
    if (this.#touched) return
    // By way of the request, as V8 names the expression in its error if `touch` is no function.
    const req = this.#req
    req.session.touch()
    this.#touched = true
  }

  /** Whether the session's `save` is the one that was put there to note saves. */
  #watchesSave(session) {
    return session.save === this.#save
  }

  /** Notes a save, and gives the session's JSON without its cookie. */
  #noteSave(session) {
    if (debug.enabled) debug('saving %s', session.id)
    return this.#changes.saving(session)
  }

  #state(session) {
    const { sessionID } = this.#req
    let state = this.#settings.state
    state |= lifecycle.factsOfSession(session, this.#id)
    state |= lifecycle.factsOfId(sessionID, this.#cookieId)
    if (this.#changes.knowsSaved) state |= Fact.SavedTextKnown
    return state
  }

  #watch(session) {
    this.#save = watchSession(session, this)
  }

  /** Called when a session of this request is about to be saved. */
  saving(session) {
    if (!this.#savesNow) this.#changes.disturbed()
    this.#savesNow = false
    this.#noteSave(session)
    this.#changes.disturbed()
  }

  /** Called when a session of this request was reloaded: another one may be in its place. */
  reloaded(before) {
    const { session } = this.#req
    if (session !== before) this.#watch(session)
  }
}

module.exports = { RequestSession }
