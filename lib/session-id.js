'use strict'

const native = require('./native')
const { ownText } = require('./own-text')

/** Characters of an id: 192 random bits in base64url. */
const LENGTH = 32
/** A call into the native library costs more than an id, so several are drawn at once. */
const BATCH = 32

let drawn = ''
let used = 0

/**
 * A new session id from the system's random number generator.
 *
 * @returns {string}
 * @throws {Error} `ERR_SESSION_NO_RANDOMNESS` if the system has none to give.
 */
function generateId() {
  if (used === drawn.length) {
    drawn = native.generateIds(BATCH)
    used = 0
  }
  used += LENGTH
  return ownText(drawn, used - LENGTH, used)
}

module.exports = { generateId }
