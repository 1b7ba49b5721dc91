'use strict'

const { EventEmitter } = require('node:events')
const { inherits } = require('node:util')
const { sessionOf } = require('../lib/stored-session')

module.exports = Store

/**
 * What session stores inherit from. A function and not a class, because stores call it without
 * `new`.
 */
function Store() {
  EventEmitter.call(this)
}

inherits(Store, EventEmitter)

/** Destroys the request's session and gives it a new one. */
Store.prototype.regenerate = function (req, callback) {
  this.destroy(req.sessionID, (error) => {
    this.generate(req)
    callback(error)
  })
}

/** Loads a session outside of a request, for example for a websocket. */
Store.prototype.load = function (sid, callback) {
  this.get(sid, (error, data) => {
    if (error) return callback(error)
    if (!data) return callback()
    callback(null, this.createSession({ sessionID: sid, sessionStore: this }, data))
  })
}

/** Makes the data that a store holds into `req.session`. */
Store.prototype.createSession = function (req, data) {
  req.session = sessionOf(req, data)
  return req.session
}
