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
    requestOf(this)?.replaceSession(session)
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
 * Whether `req.session` can be lazy without anybody being able to tell: a proxy would be told of a
 * property that is defined where it should be assigned, and an accessor further up would not be assigned to.
 *
 * @param {object} req
 */
function canBeLazy(req) {
  return (
    !types.isProxy(req) &&
    inheritsPlainly(req) &&
    !('session' in req) &&
    isExtensible(req) &&
    hasObject(req, '_readableState') &&
    hasObject(req, '_events')
  )
}

/** Whether an object has a property of its own that is an object, without calling a getter. */
function hasObject(object, name) {
  return isObject(getOwnPropertyDescriptor(object, name)?.value)
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

module.exports = { canBeLazy, isLazy, makeLazy }
