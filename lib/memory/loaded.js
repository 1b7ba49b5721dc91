'use strict'

const { Adopt } = require('../private-field')

/**
 * Marks sessions, and the data of sessions, that were loaded from or saved to a MemoryStore with the option
 * `lateSaves: 'drop'`. When a marked session is saved and is not there any more although it has not expired, it
 * was destroyed, and stays destroyed.
 */
class Loaded extends Adopt {
  #store
  #expires

  static mark(object, store, expires) {
    const marked = #store in object ? object : new Loaded(object)
    marked.#store = store
    marked.#expires = expires
  }

  static expiryOf(object, store) {
    return #store in object && object.#store === store ? object.#expires : undefined
  }

  static copy(from, to) {
    if (#store in from) Loaded.mark(to, from.#store, from.#expires)
  }
}

/**
 * Marks a session or its data.
 *
 * @param {object} object
 * @param {object} store Whose session it is.
 * @param {number} expires When it would expire, in milliseconds since 1970; Infinity for never, NaN if that is
 *   unknown.
 */
const markLoaded = Loaded.mark

/**
 * When a session of this store would have expired, as far as was known when it was loaded or saved. Undefined
 * if it was not.
 *
 * @type {(object: object, store: object) => number | undefined}
 */
const loadedExpiry = Loaded.expiryOf

/**
 * Passes the mark of a session's data on to the session that is created from them.
 *
 * @type {(from: object, to: object) => void}
 */
const passMark = Loaded.copy

module.exports = { loadedExpiry, markLoaded, passMark }
