'use strict'

const { plain } = require('../parity/plain')

// Everything about `req.session` that an application can see.
function describe(req) {
  return {
    request: ['session', 'sessionID', 'sessionStore'].map((key) => shape(req, key)),
    id: plain(req.sessionID),
    session: isObject(req.session) ? describeObject(req.session) : plain(req.session),
    cookie: isObject(req.session?.cookie) ? describeObject(req.session.cookie) : null
  }
}

const isObject = (value) => typeof value === 'object' && value !== null

function describeObject(object) {
  const chain = []
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    chain.push(Object.hasOwn(at, 'constructor') ? at.constructor?.name : '<none>')
  }
  return {
    chain,
    extensible: Object.isExtensible(object),
    own: Reflect.ownKeys(object).map((key) => [plain(key), shape(object, key)])
  }
}

// A property's descriptor, but for the request and the store behind it.
function shape(object, key) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  if (descriptor === undefined) return null
  // That `req.session` may be an accessor is a documented difference.
  if (key === 'session' && descriptor.get) {
    const { enumerable, configurable } = descriptor
    return { writable: true, enumerable, configurable, value: typeof object[key] }
  }
  const { value, ...rest } = descriptor
  // The request that a session is of, or a copy of one, which nothing tells from other objects.
  if (key === 'req' && !rest.writable && isObject(value)) return { ...rest, value: '<request>' }
  const hidden = key === 'sessionStore' || key === 'session' || key === 'cookie'
  return { ...plain(rest), value: hidden ? typeof value : plain(value) }
}

module.exports = { describe }
