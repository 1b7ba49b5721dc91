'use strict'

const { judge } = require('./whole-text')

/**
 * The texts of a store's sessions as they were listed. Code that lists ids reads each of them next, in the same
 * turn. As in express-session, a session that expires in between can still be read.
 */
class Listing {
  #texts
  /** Those that were in an earlier listing of this turn, and have expired since. */
  #gone
  /** Incremented by the store on each of its changes. */
  #changes

  /**
   * @param {Record<string, string>} texts
   * @param {number} changes
   * @param {Listing} [before] An earlier listing of this turn.
   */
  constructor(texts, changes, before) {
    this.#texts = texts
    this.#changes = changes
    this.#gone = before === undefined ? Object.create(null) : before.#withoutThoseOf(texts)
  }

  #withoutThoseOf(texts) {
    const gone = this.#gone
    for (const sid of Object.keys(this.#texts)) {
      if (texts[sid] === undefined) gone[sid] = this.#texts[sid]
    }
    return gone
  }

  get ids() {
    return Object.keys(this.#texts)
  }

  /** The text of a session, if nothing has changed since it was listed. */
  text(sid, changes) {
    return changes === this.#changes ? this.#texts[sid] : undefined
  }

  /** The text of a session that is not there any more, if that is because it has expired. */
  expiredText(sid, now) {
    const text = this.#texts[sid] ?? this.#gone[sid]
    return text !== undefined && judge(text).expires <= now ? text : undefined
  }

  /** The session has changed, or it was found out that it has expired. */
  forget(sid) {
    delete this.#texts[sid]
    delete this.#gone[sid]
  }
}

module.exports = { Listing }
