'use strict'

const { codedError } = require('../errors')

/**
 * The application's functions `protect` and `ttl`. What they throw, and what they should not return, is a
 * failure of the store: an error for the callback, or for `next`. These errors never contain session data.
 */
class Policy {
  #protect
  #ttl

  /** @param {{ protect?: Function, ttl?: Function }} functions */
  constructor({ protect, ttl }) {
    this.#protect = protect
    this.#ttl = ttl
  }

  /**
   * Whether a session is protected.
   *
   * @param {object | undefined} session Undefined for a text that contains no session.
   * @throws {Error} `ERR_SESSION_STORE_CALLBACK`
   */
  isProtected(session) {
    if (this.#protect === undefined || !session) return false
    const answer = call('protect', this.#protect, session)
    if (isPromise(answer)) refuse('protect', 'true or false', answer)
    return Boolean(answer)
  }

  /**
   * How many milliseconds a session is kept if its cookie has no expiry. NaN if it has one, or if the function
   * does not say.
   *
   * @param {object | undefined} session
   * @param {number} expires The cookie's expiry, or NaN.
   * @throws {Error} `ERR_SESSION_STORE_CALLBACK`
   */
  ttlOf(session, expires) {
    if (this.#ttl === undefined || !session || !Number.isNaN(expires)) return NaN
    const ttl = call('ttl', this.#ttl, session)
    if (ttl === undefined || ttl === null || ttl === Infinity) return NaN
    if (typeof ttl !== 'number' || !(ttl >= 0)) {
      refuse('ttl', 'a non-negative number of milliseconds, or undefined', ttl)
    }
    return ttl
  }

  /** Whether the session is needed to tell how long it is kept. */
  needsSession(expires) {
    return this.#ttl !== undefined && Number.isNaN(expires)
  }
}

function call(option, callback, session) {
  try {
    return callback(session)
  } catch (cause) {
    throw failure(`${option} threw an error`, { cause })
  }
}

function isPromise(value) {
  try {
    return typeof value?.then === 'function'
  } catch {
    return false
  }
}

function refuse(option, expected, value) {
  // The application never gets this promise back, so its rejection would be unhandled.
  if (isPromise(value)) Promise.resolve(value).catch(() => {})
  throw failure(`${option} must return ${expected}, not ${kindOf(value)}`)
}

/** Describes a value without showing it: it may be session data. */
function kindOf(value) {
  if (isPromise(value)) return 'a promise'
  if (Number.isNaN(value)) return 'NaN'
  if (typeof value === 'number') return 'a negative number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function failure(message, options) {
  return codedError('ERR_SESSION_STORE_CALLBACK', `MemoryStore: ${message}`, options)
}

module.exports = { Policy }
