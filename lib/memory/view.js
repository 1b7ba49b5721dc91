'use strict'

const { inspect } = require('util')
const { Adopt, isObject } = require('../private-field')

/**
 * `store.sessions`: a view of a store's sessions that works like a plain object of texts. String keys are
 * session ids; symbols are properties of the target object.
 */

class View extends Adopt {
  #sessions

  constructor(proxy, sessions) {
    super(proxy)
    this.#sessions = sessions
  }

  static sessionsOf(object) {
    return isObject(object) && #sessions in object ? object.#sessions : undefined
  }
}

/**
 * @param {import('./sessions').MemorySessions} sessions
 * @returns {object}
 */
function viewOf(sessions) {
  const target = Object.create(null, {
    // Otherwise, printing the view would print the empty target.
    [inspect.custom]: { configurable: true, value: () => sessions.all() }
  })
  return new View(new Proxy(target, handler(sessions)), sessions)
}

/**
 * @param {object} view
 * @param {unknown} [sid] The id that will be used.
 * @returns {import('./sessions').MemorySessions | undefined} Undefined if the object is not a view, or if the
 *   id is a symbol, which is a property of the view's target.
 */
function sessionsBehind(view, sid) {
  return typeof sid === 'symbol' ? undefined : View.sessionsOf(view)
}

function handler(sessions) {
  const isId = (key) => typeof key === 'string'
  const write = (sid, text) => {
    // As in express-session, other values that are falsy are no session.
    sessions.write(sid, `${text || ''}`)
    return true
  }
  return {
    get: (target, key) => (isId(key) ? sessions.listedText(key) : target[key]),
    has: (target, key) => (isId(key) ? sessions.has(key) : key in target),
    set(target, key, value, receiver) {
      if (isId(key) && View.sessionsOf(receiver) === sessions) return write(key, value)
      // An object that inherits from the view gets a property of its own.
      return Reflect.set(target, key, value, receiver)
    },
    defineProperty(target, key, descriptor) {
      if (!isId(key)) return Reflect.defineProperty(target, key, descriptor)
      return Object.hasOwn(descriptor, 'value') && write(key, descriptor.value)
    },
    preventExtensions: () => false,
    deleteProperty(target, key) {
      if (!isId(key)) return Reflect.deleteProperty(target, key)
      sessions.delete(key)
      return true
    },
    ownKeys: () => sessions.list(),
    getOwnPropertyDescriptor(target, key) {
      if (!isId(key)) return Reflect.getOwnPropertyDescriptor(target, key)
      const value = sessions.listedText(key)
      if (value === undefined) return undefined
      return { value, writable: true, enumerable: true, configurable: true }
    }
  }
}

module.exports = { sessionsBehind, viewOf }
