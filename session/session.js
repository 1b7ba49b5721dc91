'use strict'

module.exports = Session

/**
 * The class of `req.session`: the application's data, the cookie, and methods.
 *
 * @param {object} req The request; its `sessionID` is the id.
 * @param {object} [data] The stored data. Members with the name of a method are dropped.
 */
function Session(req, data) {
  Object.defineProperty(this, 'req', { value: req })
  Object.defineProperty(this, 'id', { value: req.sessionID })

  if (typeof data === 'object' && data !== null) {
    for (const name in data) {
      if (!(name in this)) this[name] = data[name]
    }
  }
}

// Not enumerable, so that a session's enumerable members are exactly its data.
const methods = {
  /** Moves the expiry to `originalMaxAge` from now. The middleware calls it on every request. */
  touch() {
    return this.resetMaxAge()
  },

  resetMaxAge() {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  },

  /** Saves the session now instead of at the end of the response. */
  save(callback) {
    this.req.sessionStore.set(this.id, this, callback || function () {})
    return this
  },

  /** Reads the session again; `req.session` is a new object afterwards. */
  reload(callback) {
    const req = this.req
    const store = req.sessionStore
    store.get(this.id, (error, data) => {
      if (error) return callback(error)
      if (!data) return callback(new Error('failed to load session'))
      store.createSession(req, data)
      callback()
    })
    return this
  },

  /** Removes the session from the request and from the store. */
  destroy(callback) {
    delete this.req.session
    this.req.sessionStore.destroy(this.id, callback)
    return this
  },

  /** Replaces the session with a new one with a new id. Call it whenever a user logs in. */
  regenerate(callback) {
    this.req.sessionStore.regenerate(this.req, callback)
    return this
  }
}

for (const [name, method] of Object.entries(methods)) {
  Object.defineProperty(Session.prototype, name, {
    configurable: true,
    enumerable: false,
    value: method,
    writable: true
  })
}
