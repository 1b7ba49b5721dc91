'use strict'

const { types } = require('util')

/**
 * What stands in for `req.session` until somebody reads it. Many requests never do, and then nothing is
 * parsed and no session is made.
 *
 * It is an accessor that all requests share. It can be read, assigned, deleted, listed and copied like
 * the plain property that it stands in for. Which request it is read on, it knows from a private field.
 * That can be put on any object, and nobody else can see it. The request has it, and so has its
 * `rawHeaders`, an array of its own, through which proxies and heirs of the request, and objects that
 * its properties were copied to, lead to the same session.
 */

/** Its constructor returns the argument, so that a derived class puts its private fields on that. */
class Adopt {
  constructor(object) {
    return object
  }
}

class Stamp extends Adopt {
  #request

  constructor(object, request) {
    super(object)
    this.#request = request
  }

  /** The request that an object was stamped with. */
  static of(object) {
    return typeof object === 'object' && object !== null && #request in object
      ? object.#request
      : undefined
  }
}

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, isExtensible } = Object

const accessor = {
  configurable: true,
  enumerable: true,
  get() {
    return requestOf(this)?.readSession()
  },
  set(session) {
    const property = { configurable: true, enumerable: true, value: session, writable: true }
    if (isObject(this) && Reflect.defineProperty(this, 'session', property)) return
    // The request was sealed or frozen meanwhile.
    Stamp.of(this)?.replaceSession(session)
  }
}

/**
 * @param {unknown} object A request, or something that has its properties. Never throws.
 * @returns {{ readSession: () => unknown } | undefined}
 */
function requestOf(object) {
  try {
    return Stamp.of(object) ?? Stamp.of(object.rawHeaders)
  } catch {
    // A proxy may throw, and so may `rawHeaders` of something else.
    return undefined
  }
}

/**
 * Makes `req.session` lazy, unless somebody could tell the difference: a proxy would be told of a
 * property that is defined where it should be assigned; an accessor further up would not be assigned to;
 * and what was stamped before may be in use with another session.
 *
 * @param {object} req
 * @param {{ readSession: () => unknown, replaceSession: (session: unknown) => void }} request What gives
 *   the session when it is read.
 * @returns {boolean} Whether it is lazy now. If not, nothing was changed.
 */
function makeLazy(req, request) {
  if (types.isProxy(req) || !inheritsPlainly(req) || 'session' in req || !isExtensible(req)) {
    return false
  }
  const rawHeaders = getOwnPropertyDescriptor(req, 'rawHeaders')?.value
  if (!isObject(rawHeaders) || Stamp.of(req) || Stamp.of(rawHeaders)) return false
  try {
    new Stamp(rawHeaders, request)
    new Stamp(req, request)
  } catch {
    // Engines may refuse to stamp what is frozen.
    return false
  }
  defineProperty(req, 'session', accessor)
  return true
}

/** Whether the accessor is still there: the session may have been assigned, deleted or defined. */
function isLazy(req) {
  return getOwnPropertyDescriptor(req, 'session')?.get === accessor.get
}

let plainPrototype

/** Whether an object inherits from no proxy, which would be told of an assignment. */
function inheritsPlainly(object) {
  const prototype = getPrototypeOf(object)
  // All requests of an application inherit from the same object.
  if (prototype === plainPrototype) return true
  for (let next = prototype; next !== null; next = getPrototypeOf(next)) {
    if (types.isProxy(next)) return false
  }
  plainPrototype = prototype
  return true
}

function isObject(value) {
  return typeof value === 'object' && value !== null
}

module.exports = { isLazy, makeLazy }
