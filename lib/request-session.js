'use strict'

const debug = require('debug')('express-session')
const native = require('./native')
const { textWithoutCookie, withoutCookie } = require('./session-text')

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
  /** The id that the session had when the request began. */
  #id
  /** The data that the session had when the request began, or the JSON they are to be taken from. */
  #loadedText
  #loadedWhole
  /** The data that the store is known to hold, unless these are the loaded ones. */
  #savedText
  #savedIsLoaded = false
  /** The data as they are now, for as long as nobody can have changed them. */
  #currentText
  #touched = false
  /** The `save` that was put on the session last, and whether it is called right away. */
  #save
  #savesNow = false

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
    this.#keepSaved()
    this.#id = this.#req.sessionID
    this.#loadedText = textWithoutCookie(this.#req.session)
    this.#watch(this.#req.session)
  }

  /**
   * `req.session` was made from data of the store.
   *
   * @param {object} data
   * @param {boolean} isSaved Whether it need not be saved again unless it is changed.
   * @param {string} [whole] The JSON of the data as they were stored, cookie included, if known.
   */
  loaded(data, isSaved, whole) {
    if (!isSaved) this.#keepSaved()
    this.#id = this.#req.sessionID
    this.#loadedText = whole === undefined ? textWithoutCookie(data) : undefined
    this.#loadedWhole = whole
    this.#savedIsLoaded = isSaved
    this.#watch(this.#req.session)
  }

  /** A store that answers twice has a request begin anew, but what is saved stays saved. */
  #keepSaved() {
    if (!this.#savedIsLoaded) return
    this.#savedText = this.#loaded()
    this.#savedIsLoaded = false
  }

  /** Renews the session's expiry, once a request. */
  touch() {
    if (this.#touched) return
    this.#req.session.touch()
    this.#touched = true
  }

  /**
   * Asked when the headers are about to be written.
   *
   * @param {boolean} isUndisturbed Whether nobody can have changed the session since {@link atEnd}.
   */
  mustSetCookie(isUndisturbed) {
    if (!isUndisturbed) this.#currentText = undefined
    let state = this.#state()
    // Reading the expiry fails for a session without a cookie, so only where it counts.
    const asksExpiry = Fact.SessionPresent | Fact.IdText | Fact.IdFromCookie
    if ((state & (asksExpiry | Fact.Rolling)) === asksExpiry) {
      if (this.#req.session.cookie.expires != null) state |= Fact.CookieExpires
    }
    let answer = decisions[state] >> 4
    if (answer === AtHeaders.CompareWithLoaded) {
      answer = decisions[state | this.#compareWith(this.#loaded())] >> 4
    }
    return answer === AtHeaders.SetCookie
  }

  /** Asked when the response ends. @returns {number} One of `AtEnd`. */
  atEnd() {
    this.#currentText = undefined
    const state = this.#state()
    if ((state & (Fact.SessionPresent | Fact.IdText)) === Fact.SessionPresent) {
      // Once for the question of saving, once for that of touching.
      const times = state & Fact.StoreCanTouch ? 2 : 1
      for (let n = 0; n < times; n++) {
        debug('session ignored because of bogus req.sessionID %o', this.#req.sessionID)
      }
    }
    const answer = decisions[state] & 15
    if (answer === AtEnd.Save && !(state & Fact.IdChanged) && !this.watchesSave()) {
      // The outcome does not depend on it, but a session without JSON has to fail here: a `save` that is
      // not ours need not notice.
      this.#currentText = textWithoutCookie(this.#req.session)
    }
    if (answer === AtEnd.CompareWithLoaded) {
      return decisions[state | this.#compareWith(this.#loaded())] & 15
    }
    if (answer === AtEnd.CompareWithSaved) {
      return decisions[state | this.#compareWith(this.#saved())] & 15
    }
    return answer
  }

  /** Whether the session's `save` is the one that was put there to note saves. */
  watchesSave() {
    return this.#req.session.save === this.#save
  }

  /** Saves the session, as {@link atEnd} has just said. */
  save(callback) {
    this.#savesNow = this.watchesSave()
    this.#req.session.save(callback)
  }

  /**
   * Notes that the store now holds what the session holds, as {@link atEnd} has just said.
   *
   * @returns {string} The session's JSON without its cookie.
   */
  noteSave(session) {
    debug('saving %s', session.id)
    this.#savedIsLoaded = false
    this.#savedText = this.#currentText ??= textWithoutCookie(session)
    return this.#savedText
  }

  #loaded() {
    return (this.#loadedText ??= withoutCookie(this.#loadedWhole))
  }

  #saved() {
    return this.#savedIsLoaded ? this.#loaded() : this.#savedText
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
    if (this.#savedIsLoaded || this.#savedText) state |= Fact.SavedTextKnown
    return state
  }

  #compareWith(text) {
    this.#currentText ??= textWithoutCookie(this.#req.session)
    return this.#currentText === text ? Fact.DataCompared : Fact.DataCompared | Fact.DataDifferent
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
      if (!request.#savesNow) request.#currentText = undefined
      request.#savesNow = false
      request.noteSave(this)
      request.#currentText = undefined
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
