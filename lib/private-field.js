'use strict'

/**
 * Returns the argument of its constructor, so that a derived class puts its private fields on that. They
 * can be put on any object, also on a proxy, nobody else can see them, and reading one is quicker than a
 * WeakMap. Putting one on an object a second time throws.
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
