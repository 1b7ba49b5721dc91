'use strict'

/**
 * An error with a code. It is created here and not by the native library, so that it is an instance of the
 * `Error` of the realm in which this package was loaded.
 *
 * @param {string} code
 * @param {string} message
 * @param {ErrorOptions} [options]
 * @returns {Error}
 */
function codedError(code, message, options) {
  return Object.assign(new Error(message, options), { code })
}

/** Whether an error is a failure of the store, such as being full, and not a mistake of its caller. */
function isStoreFailure(error) {
  const code = error?.code
  return code === 'ERR_SESSION_ENGINE' || Boolean(code?.startsWith?.('ERR_SESSION_STORE'))
}

module.exports = { codedError, isStoreFailure }
