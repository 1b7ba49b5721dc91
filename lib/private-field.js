'use strict'

/** Its constructor returns the argument, so that a derived class puts its private fields on that. */
class Adopt {
  constructor(object) {
    return object
  }
}

/**
 * A private field that can be put on any object, also on a proxy: nobody else can see it, and reading it
 * is quicker than a WeakMap.
 *
 * @returns {{ get(object: unknown): any, put(object: object, value: unknown): void }} `put` throws if the
 *   object has the field already.
 */
function privateField() {
  return class extends Adopt {
    #value

    constructor(object, value) {
      super(object)
      this.#value = value
    }

    static get(object) {
      return isObject(object) && #value in object ? object.#value : undefined
    }

    static put(object, value) {
      return new this(object, value)
    }
  }
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

module.exports = { isObject, privateField }
