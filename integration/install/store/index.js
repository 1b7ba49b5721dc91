'use strict'

const { Store } = require('express-session')

class PlainStore extends Store {
  rows = new Map()

  get(sid, callback) {
    setImmediate(() => callback(null, JSON.parse(this.rows.get(sid) ?? 'null')))
  }

  set(sid, session, callback) {
    this.rows.set(sid, JSON.stringify(session))
    setImmediate(callback)
  }

  destroy(sid, callback) {
    this.rows.delete(sid)
    setImmediate(callback)
  }
}

module.exports = { PlainStore, beneath: require('express-session/package.json').name }
