'use strict'

/**
 * Returns the argument of its constructor, so that a derived class adds its private fields to that object.
 * This works for any object, including a proxy; other code cannot see the fields, and reading one is faster
 * than a WeakMap. Adding a field to an object a second time throws.
 */
class Adopt {
  constructor(object) {
    return object
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

module.exports = { Adopt, isObject }
