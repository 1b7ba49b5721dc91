'use strict'

const { types } = require('util')
const { isObject, privateField } = require('./private-field')

/**
 * What stands in for `req.session` until somebody reads it. Many requests never do, and then nothing is
 * parsed and no session is made.
 *
 * It is an accessor that all requests share. It can be read, assigned, deleted, listed and copied like
 * the plain property that it stands in for. Which request it is read on, it knows from a private field of
 * objects that each request has of its own: the state of its stream, and `rawHeaders`. Through these, proxies
 * and heirs of a request, and objects that its properties were copied to, lead to the same session.
 */
const requests = privateField()

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
 * @param {unknown} object A request, or something that has its properties. Never throws.
 * @returns {{ readSession: () => unknown } | undefined}
 */
function requestOf(object) {
  const request =
    fieldOf(object, '_readableState') ?? requests.get(object) ?? fieldOf(object, 'rawHeaders')
  if (request !== undefined || !isObject(object)) return request
  try {
    // An heir may have these of its own.
    return requestOf(getPrototypeOf(object))
  } catch {
    return undefined
  }
}

function fieldOf(object, name) {
  try {
    return requests.get(object[name])
  } catch {
    // A proxy may throw, and so may a getter of something else.
    return undefined
  }
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
    (hasObject(req, '_readableState') || hasObject(req, 'rawHeaders'))
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
 * @param {{ readSession: () => unknown, replaceSession: (session: unknown) => void }} request What gives
 *   the session when it is read.
 * @returns {boolean} False if an object has the private field already: it may be in use with another session.
 */
function makeLazy(req, request) {
  try {
    requests.put(hasObject(req, '_readableState') ? req._readableState : req, request)
    if (hasObject(req, 'rawHeaders') && req.rawHeaders !== req) {
      requests.put(req.rawHeaders, request)
    }
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
