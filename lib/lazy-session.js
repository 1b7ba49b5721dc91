'use strict'

const { types } = require('util')
const { Adopt, isObject } = require('./private-field')

/**
 * The lazy `req.session`: the session is created when the property is read. Many requests never read it, and
 * then nothing is parsed.
 *
 * It is an accessor that all requests share, and it can be read, assigned, deleted, listed and copied like a
 * plain property. It finds the request's session through a private field on the request. The state of the
 * request's stream has the same field, so that proxies of the request, objects that inherit from it, and
 * copies of its properties lead to the same session. A request without a stream, such as a mock, has its
 * session assigned.
 */
class Mark extends Adopt {
  #request

  constructor(object, request) {
    super(object)
    this.#request = request
  }

  static requestOf(object) {
    return isObject(object) && #request in object ? object.#request : undefined
  }
}

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isExtensible, isFrozen } =
  Object

const accessor = {
  configurable: true,
  enumerable: true,
  get() {
    return requestOf(this)?.readSession()
  },
  set(session) {
    // The accessor stays: turning it into a value makes V8 treat the request as a dictionary, which takes
    // more than a microsecond and makes the request slower afterwards.
    const own = Mark.requestOf(this)
    if (own !== undefined) {
      if (!isFrozen(this)) own.assignSession(session)
      return
    }
    const property = { configurable: true, enumerable: true, value: session, writable: true }
    if (isObject(this) && Reflect.defineProperty(this, 'session', property)) return
    // A copy of a sealed request has the accessor for good. What is read-only in another way stays as it is.
    const found = isObject(this) ? getOwnPropertyDescriptor(this, 'session') : undefined
    if (found?.set === accessor.set && !found.configurable && !isFrozen(this)) {
      requestOf(this)?.assignSession(session)
    }
  }
}

/**
 * Finds the request that an object is, wraps, inherits from, or was copied from. Never throws.
 *
 * @param {unknown} object
 * @returns {import('./request').RequestSession | undefined}
 */
function requestOf(object) {
  const request = Mark.requestOf(object)
  if (request !== undefined || !isObject(object)) return request
  try {
    // A proxy may throw.
    return wrappedBy(object) ?? heirOf(object)
  } catch {
    return undefined
  }
}

function wrappedBy(object) {
  const request = Mark.requestOf(object._readableState)
  // A request may have been given another request's state: that one's session is not for this one.
  return request?.isOf(object) ? request : undefined
}

/** An object that inherits from a request may have a state of its own. */
function heirOf(object) {
  return requestOf(getPrototypeOf(object))
}

/**
 * Whether `req.session` can be lazy without the application noticing. A proxy would see a property being
 * defined instead of assigned, and an inherited accessor would not be called.
 *
 * @param {object} req
 */
function canBeLazy(req) {
  return (
    !types.isProxy(req) &&
    inheritsPlainly(req) &&
    !('session' in req) &&
    isExtensible(req) &&
    isStream(req)
  )
}

/** Whether a request has a stream's state and listeners; they are its own, as none are inherited. */
function isStream(req) {
  try {
    return isObject(req._readableState) && isObject(req._events)
  } catch {
    // A mock may have getters that throw.
    return false
  }
}

/**
 * Makes `req.session` lazy.
 *
 * @param {object} req
 * @param {import('./request').RequestSession} request Provides the session when it is read.
 * @returns {boolean} False if there is a private field already, which may belong to another session, or if
 *   the property is read-only by now.
 */
function makeLazy(req, request) {
  try {
    new Mark(req._readableState, request)
    new Mark(req, request)
    // The request may have changed while the store was asked.
    defineProperty(req, 'session', accessor)
    return true
  } catch {
    return false
  }
}

/** Whether the accessor is still there: the session may have been assigned, deleted or defined. */
function isLazy(req) {
  return getOwnPropertyDescriptor(req, 'session')?.get === accessor.get
}

let plainPrototype

/**
 * Whether an object inherits neither from a proxy, which could see the assignment, nor from a stream, whose
 * state would get a private field although the property is defined on the object alone.
 */
function inheritsPlainly(object) {
  const prototype = getPrototypeOf(object)
  // All requests of an application inherit from the same object.
  if (prototype === plainPrototype) return true
  for (let next = prototype; next !== null; next = getPrototypeOf(next)) {
    if (types.isProxy(next) || hasOwn(next, '_readableState')) return false
    if (getOwnPropertyDescriptor(next, '_events')?.value !== undefined) return false
  }
  plainPrototype = prototype
  return true
}

module.exports = { canBeLazy, isLazy, makeLazy }
