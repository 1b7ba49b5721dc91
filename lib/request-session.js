'use strict'

const debug = require('debug')('express-session')
const native = require('./native')
const { textWithoutCookie } = require('./session-text')

const { AtEnd, AtHeaders, Fact } = native

/** The lifecycle's decisions in every state; the engine's module `lifecycle` says what they mean. */
const decisions = native.decisionTable()

/**
 * The part of a state that the options decide.
 *
 * @param {object} options
 * @param {unknown} options.saveUninitialized
 * @param {boolean} options.rolling
 * @param {boolean} options.unsetDestroys
 * @param {boolean} options.storeCanTouch
 * @returns {number}
 */
function stateOfOptions({ saveUninitialized, rolling, unsetDestroys, storeCanTouch }) {
  return (
    (saveUninitialized ? Fact.SaveUninitialized : 0) |
    (rolling ? Fact.Rolling : 0) |
    (unsetDestroys ? Fact.UnsetDestroys : 0) |
    (storeCanTouch ? Fact.StoreCanTouch : 0)
  )
}

/**
 * What is remembered of a request's session from its beginning to the end of the response, in order
 * to decide what becomes of it.
 */
class RequestSession {
  #req
  #options
  #cookieId
  /** The id and the data that the session had when the request began. */
  #id
  #loadedText
  /** The data that the store is known to hold. */
  #savedText
  #touched = false
  /** The `save` that was put on the session last. */
  #save

  /**
   * @param {object} req
   * @param {number} options From {@link stateOfOptions}.
   * @param {unknown} cookieId The id that the request's cookie carried, if any.
   */
  constructor(req, options, cookieId) {
    this.#req = req
    this.#options = options
    this.#cookieId = cookieId
  }

  /** `req.session` was generated. */
  generated() {
    this.#id = this.#req.sessionID
    this.#loadedText = textWithoutCookie(this.#req.session)
    this.#watch(this.#req.session)
  }

  /**
   * `req.session` was made from data of the store.
   *
   * @param {object} data
   * @param {boolean} isSaved Whether it need not be saved again unless it is changed.
   */
  loaded(data, isSaved) {
    this.#id = this.#req.sessionID
    this.#loadedText = textWithoutCookie(data)
    if (isSaved) this.#savedText = this.#loadedText
    this.#watch(this.#req.session)
  }

  /** Renews the session's expiry, once a request. */
  touch() {
    if (this.#touched) return
    this.#req.session.touch()
    this.#touched = true
  }

  /** Asked when the headers are about to be written. */
  mustSetCookie() {
    let state = this.#state()
    // Reading the expiry fails for a session without a cookie, so only where it counts.
    const asksExpiry = Fact.SessionPresent | Fact.IdText | Fact.IdFromCookie
    if ((state & (asksExpiry | Fact.Rolling)) === asksExpiry) {
      if (this.#req.session.cookie.expires != null) state |= Fact.CookieExpires
    }
    let answer = decisions[state] >> 4
    if (answer === AtHeaders.CompareWithLoaded) {
      answer = decisions[state | this.#compareWith(this.#loadedText)] >> 4
    }
    return answer === AtHeaders.SetCookie
  }

  /** Asked when the response ends. @returns {number} One of `AtEnd`. */
  atEnd() {
    const state = this.#state()
    if ((state & (Fact.SessionPresent | Fact.IdText)) === Fact.SessionPresent) {
      // Once for the question of saving, once for that of touching.
      const times = state & Fact.StoreCanTouch ? 2 : 1
      for (let n = 0; n < times; n++) {
        debug('session ignored because of bogus req.sessionID %o', this.#req.sessionID)
      }
    }
    const answer = decisions[state] & 15
    if (answer === AtEnd.CompareWithLoaded) {
      return decisions[state | this.#compareWith(this.#loadedText)] & 15
    }
    if (answer === AtEnd.CompareWithSaved) {
      return decisions[state | this.#compareWith(this.#savedText)] & 15
    }
    return answer
  }

  /** Whether the session's `save` is the one that was put there to note saves. */
  watchesSave() {
    return this.#req.session.save === this.#save
  }

  /** Notes that the store now holds what the session holds. */
  noteSave(session) {
    debug('saving %s', session.id)
    this.#savedText = textWithoutCookie(session)
  }

  #state() {
    const { session, sessionID } = this.#req
    let state = this.#options
    if (session) {
      state |= Fact.SessionPresent
      if (this.#id !== session.id) state |= Fact.IdChanged
    } else if (session == null) {
      state |= Fact.SessionUnset
    }
    if (typeof sessionID === 'string') state |= Fact.IdText
    if (sessionID) state |= Fact.IdTruthy
    if (this.#cookieId === sessionID) state |= Fact.IdFromCookie
    if (this.#savedText) state |= Fact.SavedTextKnown
    return state
  }

  #compareWith(text) {
    const isSame = textWithoutCookie(this.#req.session) === text
    return isSame ? Fact.DataCompared : Fact.DataCompared | Fact.DataDifferent
  }

  /**
   * Wraps `save` and `reload` of this one session: a save is noted, and the session that a reload
   * makes is watched in turn.
   */
  #watch(session) {
    const request = this
    const { reload: originalReload, save: originalSave } = session

    function reload(callback) {
      const before = this
      debug('reloading %s', this.id)
      originalReload.call(this, function () {
        if (request.#req.session !== before) request.#watch(request.#req.session)
        callback.apply(this, arguments)
      })
    }

    function save() {
      request.noteSave(this)
      originalSave.apply(this, arguments)
    }

    this.#save = save
    define(session, 'reload', reload)
    define(session, 'save', save)
  }
}

function define(session, name, value) {
  Object.defineProperty(session, name, {
    configurable: true,
    enumerable: false,
    value,
    writable: true
  })
}

module.exports = { RequestSession, stateOfOptions }
