'use strict'

const { types } = require('util')
const { Adopt, isObject } = require('./private-field')

/**
 * What stands in for `req.session` until somebody reads it. Many requests never do, and then nothing is
 * parsed and no session is made.
 *
 * It is an accessor that all requests share. It can be read, assigned, deleted, listed and copied like
 * the plain property that it stands in for. Which request it is read on, it knows from a private field of
 * the request. The state of the request's stream bears it too: through that, proxies and heirs of a
 * request, and objects that its properties were copied to, lead to the same session. A request without
 * one, such as a mock, has its session assigned.
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

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isExtensible } = Object

const accessor = {
  configurable: true,
  enumerable: true,
  get() {
    return requestOf(this)?.currentSession()
  },
  set(session) {
    // The accessor stays: V8 makes a dictionary of an object whose accessor becomes a value, which takes
    // longer than all the rest of an assignment.
    const own = Mark.requestOf(this)
    if (own !== undefined) return own.assignSession(session)
    const property = { configurable: true, enumerable: true, value: session, writable: true }
    if (isObject(this) && Reflect.defineProperty(this, 'session', property)) return
    // The request was sealed or frozen meanwhile.
    requestOf(this)?.assignSession(session)
  }
}

/**
 * The request that an object is, wraps, inherits from, or was copied from. Never throws.
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
  // Somebody may have given one request the state of another, whose session is not for this one.
  return request?.isOf(object) ? request : undefined
}

/** An heir may have been given a state of its own. */
function heirOf(object) {
  return requestOf(getPrototypeOf(object))
}

/**
 * Whether `req.session` can be lazy without the application noticing: a proxy would be told of a property
 * that is defined where it should be assigned, and an accessor further up would not be assigned to.
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

/** Nothing of these names is inherited, so they are its own. */
function isStream(req) {
  try {
    return isObject(req._readableState) && isObject(req._events)
  } catch {
    // A mock may have getters that throw.
    return false
  }
}

/**
 * Makes `req.session` lazy, where it can be.
 *
 * @param {object} req
 * @param {import('./request').RequestSession} request What gives the session when it is read.
 * @returns {boolean} False if an object has the private field already: it may be in use with another session.
 */
function makeLazy(req, request) {
  try {
    new Mark(req._readableState, request)
    new Mark(req, request)
  } catch {
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

/**
 * Whether an object inherits from no proxy, which would be told of an assignment, and from no stream: its
 * session would be lazy on the heir alone, but the mark on the state of both.
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
