'use strict'

const { codedError } = require('./errors')
const native = require('./native')

/** Characters of an id: 192 random bits in base64url. */
const LENGTH = 32
/** Ids per call: calling the native library takes longer than generating an id. */
const BATCH = 32

let made = ''
let used = 0

/**
 * A new session id from the system's random number generator.
 *
 * @returns {string}
 * @throws {Error} `ERR_SESSION_NO_RANDOMNESS` if the system's generator fails.
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
 * A slice that does not keep the rest of the string alive. V8's slices of 13 characters or more refer to the
 * whole string: an id would also keep all ids of its batch, or the session's data that it was read with.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {string}
 */
function flatSlice(text, start, end) {
  // The result only refers to a concatenated string that is one character longer.
  return `${text.slice(start, end)} `.slice(0, end - start)
}

module.exports = { flatSlice, generateId }
