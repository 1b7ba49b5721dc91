'use strict'

/**
 * Errors with a code. They are made here and not by the native library, so that they are instances of
 * `Error` in whichever realm this package was loaded in.
 *
 * @param {string} code
 * @param {string} message
 * @param {ErrorOptions} [options]
 * @returns {Error}
 */
function codedError(code, message, options) {
  return Object.assign(new Error(message, options), { code })
}

/** Tells failures of a store, such as being full, from mistakes of its caller. */
function isStoreFailure(error) {
  return Boolean(error?.code?.startsWith?.('ERR_SESSION_STORE'))
}

module.exports = { codedError, isStoreFailure }
