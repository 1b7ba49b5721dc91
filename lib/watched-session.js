'use strict'

const debug = require('debug')('express-session')

/**
 * Wraps `save` and `reload` of this one session, so that the request learns of them.
 *
 * @param {object} session
 * @param {{ saving: (session: object) => void, reloaded: (before: object) => void }} request
 * @returns {Function} The `save` that the session has now.
 */
function watchSession(session, request) {
  const { reload: originalReload, save: originalSave } = session

  function reload(callback) {
    const before = this
    debug('reloading %s', this.id)
    originalReload.call(this, function () {
      request.reloaded(before)
      callback.apply(this, arguments)
    })
  }

  function save() {
    request.saving(this)
    originalSave.apply(this, arguments)
  }

  define(session, 'reload', reload)
  define(session, 'save', save)
  return save
}

/** Not enumerable, like the methods it stands for, and like them it can be replaced. */
function define(session, name, value) {
  Object.defineProperty(session, name, {
    configurable: true,
    enumerable: false,
    value,
    writable: true
  })
}

module.exports = { watchSession }
