'use strict'

const { codedError } = require('./errors')
const native = require('./native')

/** Characters of an id: 192 random bits in base64url. */
const LENGTH = 32
/** A call of the native library takes longer than making an id, so several are made at once. */
const BATCH = 32

let made = ''
let used = 0

/**
 * A new session id from the system's random number generator.
 *
 * @returns {string}
 * @throws {Error} `ERR_SESSION_NO_RANDOMNESS` if the system has none to give.
 */
function generateId() {
  if (used === made.length) {
    try {
      made = native.generateIds(BATCH)
    } catch (cause) {
      throw codedError('ERR_SESSION_NO_RANDOMNESS', cause.message, { cause })
    }
    used = 0
  }
  used += LENGTH
  return flatSlice(made, used - LENGTH, used)
}

/**
 * A part of a string as a string of its own. A slice of 13 characters or more refers to the whole string
 * and keeps it alive: whoever keeps an id would also keep the ids made with it, or the session's data
 * that it was read with.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {string}
 */
function flatSlice(text, start, end) {
  // Concatenated, it refers to a string that is one character longer, and to nothing else.
  return `${text.slice(start, end)} `.slice(0, end - start)
}

module.exports = { flatSlice, generateId }
