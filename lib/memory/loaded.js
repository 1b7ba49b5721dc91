'use strict'

const { Adopt, isObject } = require('../private-field')

/**
 * Marks sessions, and the data of sessions, that were loaded from or saved to a MemoryStore with the option
 * `lateSaves: 'drop'`. When a marked session is saved under the same id, and is not there any more although it
 * has not expired, it was removed meanwhile, and is not saved.
 */
class Loaded extends Adopt {
  #mark

  static mark(object, mark) {
    const marked = #mark in object ? object : new Loaded(object)
    marked.#mark = mark
  }

  static markOf(object) {
    return isObject(object) && #mark in object ? object.#mark : undefined
  }
}

/**
 * Marks a session or its data.
 *
 * @param {object} object
 * @param {{ sid: string, store: object, until: number, clears: number }} mark Its id, whose session it is, when
 *   it would expire, in milliseconds since 1970 (Infinity for never), and how often the store had been cleared.
 */
const markLoaded = Loaded.mark

/**
 * The mark of a session, or undefined.
 *
 * @type {(object: unknown) => { sid: string, store: object, until: number, clears: number } | undefined}
 */
const markOf = Loaded.markOf

/** Marks a session that replaces a marked one, unless it has a mark of its own. */
function adoptMark(object, mark) {
  if (isObject(object) && Loaded.markOf(object) === undefined) Loaded.mark(object, mark)
}

/** Passes the mark of a session's data on to the session that is created from them. */
function passMark(from, to) {
  const mark = Loaded.markOf(from)
  if (mark !== undefined) Loaded.mark(to, mark)
}

module.exports = { adoptMark, markLoaded, markOf, passMark }
