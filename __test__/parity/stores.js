'use strict'

const { EventEmitter } = require('node:events')
const { inherits } = require('node:util')

const TIMINGS = {
  sync: (work) => work(),
  micro: (work) => queueMicrotask(work),
  immediate: (work) => setImmediate(work)
}

// The ways stores of the npm registry are made.
const KINDS = {
  inherits(session) {
    function OldStore() {
      session.Store.call(this)
    }
    inherits(OldStore, session.Store)
    return new OldStore()
  },
  class(session) {
    return new (class ClassStore extends session.Store {})()
  },
  create(session) {
    return Object.assign(Object.create(session.Store.prototype), {})
  },
  emitter() {
    return new EventEmitter()
  }
}

// A store that writes down each call and keeps sessions as JSON text.
// `answers` replaces what a method does: a function given the call's arguments which returns the
// arguments for the callback, or throws.
function recordingStore(session, log, options = {}) {
  const { timing = 'sync', touch = true, kind = 'inherits', data = {}, answers = {} } = options
  const store = KINDS[kind](session)
  const kept = new Map(Object.entries(data).map(([id, value]) => [id, JSON.stringify(value)]))
  const later = TIMINGS[timing]

  function answer(name, args, callback, usual) {
    const results = answers[name] ? answers[name](...args) : usual()
    if (results === 'never') return
    later(() => {
      log.add(`store.${name} answers`)
      if (callback) callback(...results)
    })
  }

  function note(name, self, args, callback, text) {
    log.add(`store.${name}`, ...[args[0], text].filter((part) => part !== undefined), {
      args: args.length,
      thisIsStore: self === store,
      callback: typeof callback,
      headSent: log.headSent()
    })
  }

  store.get = function get(id, callback) {
    note('get', this, arguments, callback)
    answer('get', [id], callback, () => [null, kept.has(id) ? JSON.parse(kept.get(id)) : null])
  }
  store.set = function set(id, sess, callback) {
    const text = JSON.stringify(sess)
    note('set', this, arguments, callback, text)
    answer('set', [id, sess], callback, () => {
      kept.set(id, text)
      return []
    })
  }
  store.destroy = function destroy(id, callback) {
    note('destroy', this, arguments, callback)
    answer('destroy', [id], callback, () => {
      kept.delete(id)
      return []
    })
  }
  if (touch) {
    store.touch = function touchSession(id, sess, callback) {
      note('touch', this, arguments, callback, JSON.stringify(sess))
      answer('touch', [id, sess], callback, () => {
        const current = JSON.parse(kept.get(id) ?? 'null')
        if (current) kept.set(id, JSON.stringify({ ...current, cookie: sess.cookie }))
        return []
      })
    }
  }
  return { store, contents: () => Object.fromEntries(kept) }
}

module.exports = { recordingStore, TIMINGS, KINDS }
