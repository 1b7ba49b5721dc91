'use strict'

const { Adopt, isObject } = require('../private-field')

/**
 * Marks sessions, and the data of sessions, that were loaded from or saved to a MemoryStore with the option
 * `lateSaves: 'drop'`. When a marked session is saved under the same id after it was removed, it is not saved.
 *
 * @typedef {{ sid: string, store: unknown, until: number, seen: number }} Mark The session's id; what
 *   identifies the store; when the session would expire, in milliseconds since 1970 (Infinity for never); and
 *   the store's `memoryTick` before it was loaded.
 */

/** An object that is saved under more ids than this loses its oldest marks. */
const MOST = 16

class Loaded extends Adopt {
  /** @type {Mark[]} */
  #marks = []

  static marksOf(object) {
    return isObject(object) && #marks in object ? object.#marks : undefined
  }
}

/**
 * Marks a session or its data.
 *
 * @param {object} object
 * @param {Mark} mark
 */
function markLoaded(object, mark) {
  const marks = Loaded.marksOf(object) ?? Loaded.marksOf(new Loaded(object))
  const known = marks.findIndex(({ sid, store }) => sid === mark.sid && store === mark.store)
  if (known >= 0) marks[known] = mark
  else marks.push(mark)
  if (marks.length > MOST) marks.shift()
}

/**
 * The mark of a session for an id in a store, or undefined.
 *
 * @param {unknown} object
 * @param {string} sid
 * @param {unknown} store
 * @returns {Mark | undefined}
 */
function markOf(object, sid, store) {
  return Loaded.marksOf(object)?.find((mark) => mark.sid === sid && mark.store === store)
}

/** Marks a session that replaces a marked one, such as a copy, unless it has marks of its own. */
function adoptMarks(object, from) {
  if (isObject(object) && Loaded.marksOf(object) === undefined) passMarks(from, object)
}

/** Passes the marks of a session's data on to the session that is created from them. */
function passMarks(from, to) {
  for (const mark of Loaded.marksOf(from) ?? []) markLoaded(to, mark)
}

module.exports = { adoptMarks, markLoaded, markOf, passMarks }
