'use strict'

const { Fact } = require('./native')
const { textWithoutCookie, withoutCookie } = require('./session-text')

/**
 * Knows the data of a request's session as JSON: those it began with, those the store is known to hold,
 * and those it has now. Each is found out when it is asked for, and at most once.
 */
class ChangeTracker {
  #loadedText
  /** Where the data that the request began with are to be taken from, if they are not known yet. */
  #loadedWhole
  #loadedLater
  /** Unless these are the ones that the request began with. */
  #savedText
  #savedIsLoaded = false
  /** For as long as nobody can have changed them. */
  #currentText

  /**
   * The request begins with these data: as JSON, as JSON with the cookie, or a function that gives them.
   * A store that answers twice has it begin anew, but what was saved stays saved.
   *
   * @param {object} data
   * @param {string} [data.text]
   * @param {string} [data.whole]
   * @param {() => string} [data.later]
   * @param {boolean} isSaved Whether they need not be saved again unless they are changed.
   */
  begin({ text, whole, later }, isSaved) {
    if (this.#savedIsLoaded && !isSaved) this.#savedText = this.#loaded()
    this.#loadedText = text
    this.#loadedWhole = whole
    this.#loadedLater = later
    this.#savedIsLoaded = isSaved
  }

  /** Whether it is known what the store holds. */
  get knowsSaved() {
    return this.#savedIsLoaded || Boolean(this.#savedText)
  }

  /** Others have had a chance to change the session. */
  disturbed() {
    this.#currentText = undefined
  }

  /**
   * @returns {string} The session's JSON without its cookie.
   * @throws {TypeError} What `JSON.stringify` throws.
   */
  current(session) {
    return (this.#currentText ??= textWithoutCookie(session))
  }

  /** @returns {number} Bits of `Fact`. */
  compareWithLoaded(session) {
    return this.#compare(session, this.#loaded())
  }

  /** @returns {number} Bits of `Fact`. */
  compareWithSaved(session) {
    return this.#compare(session, this.#savedIsLoaded ? this.#loaded() : this.#savedText)
  }

  /**
   * The store is about to hold what the session holds.
   *
   * @returns {string} The session's JSON without its cookie.
   */
  saving(session) {
    this.#savedIsLoaded = false
    this.#savedText = this.current(session)
    return this.#savedText
  }

  #compare(session, text) {
    return this.current(session) === text
      ? Fact.DataCompared
      : Fact.DataCompared | Fact.DataDifferent
  }

  #loaded() {
    return (this.#loadedText ??= this.#loadedLater?.() ?? withoutCookie(this.#loadedWhole))
  }
}

module.exports = { ChangeTracker }
