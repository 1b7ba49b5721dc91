'use strict'

const native = require('../native')
const { isObject } = require('../private-field')
const { markLoaded, markOf } = require('./loaded')
const { time } = require('./time')

/** The marks of one store, with `lateSaves: 'drop'`; see `loaded.js`. */
class Marks {
  #handle
  #identity

  /**
   * @param {() => object} handle Returns the native store, or throws if it is closed.
   * @param {unknown} identity The same for all stores that share their sessions.
   */
  constructor(handle, identity) {
    this.#handle = handle
    this.#identity = identity
  }

  /** What happens to sessions from now on has a higher number. */
  tick() {
    return native.memoryTick(this.#handle())
  }

  /** The mark of a session, if it was loaded from this store or saved to it. */
  of(session, sid) {
    return markOf(session, sid, this.#identity)
  }

  /**
   * Marks a session as known to be stored.
   *
   * @param {string} sid
   * @param {unknown} session
   * @param {object} known
   * @param {number} known.expires When it expires, unless it is renewed by now. NaN for never.
   * @param {number} known.seen The tick before it was read or saved.
   */
  put(sid, session, { expires, seen }) {
    if (!isObject(session)) return
    const found = native.memoryExpires(this.#handle(), sid, time())
    // If it has been removed already, this is when it would have expired.
    const until = Number.isNaN(found) ? untilOf(expires) : found
    markLoaded(session, { sid, store: this.#identity, until, seen })
  }
}

/** When a session expires whose cookie expires then, or never (NaN). */
function untilOf(expires) {
  return Number.isNaN(expires) ? Infinity : expires
}

module.exports = { Marks }
