'use strict'

const { EventEmitter } = require('events')
const { inherits } = require('util')
const { sessionOfData } = require('../lib/sessions')

module.exports = Store

/** The base class of session stores. A function and not a class, because stores call it without `new`. */
function Store() {
  EventEmitter.call(this)
}

inherits(Store, EventEmitter)

// If a store has no `generate` or `createSession`, V8's error names the called expression. It contains `self`,
// as in express-session.

/** Destroys the request's session and gives it a new one. */
Store.prototype.regenerate = function (req, callback) {
  const self = this
  this.destroy(req.sessionID, (error) => {
    self.generate(req)
    callback(error)
  })
}

/** Loads a session outside of a request, for example for a websocket. */
Store.prototype.load = function (sid, callback) {
  const self = this
  this.get(sid, (error, data) => {
    if (error) return callback(error)
    if (!data) return callback()
    callback(null, self.createSession({ sessionID: sid, sessionStore: self }, data))
  })
}

/** Creates `req.session` from the data that a store returned. */
Store.prototype.createSession = function (req, data) {
  req.session = sessionOfData(req, data)
  return req.session
}
