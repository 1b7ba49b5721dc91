'use strict'

const { inspect } = require('node:util')
const { areUntouched } = require('./untouched-prototypes')

/**
 * `req.session` of a request whose handler may never look at it. Until somebody does, nothing is
 * parsed and no session is made: an accessor stands in for it.
 *
 * It can be assigned, deleted, listed and copied like the plain property it stands for. Printing would
 * show that it is none, so the request gets a method that Node's `inspect` calls first.
 */

/** What that method is asked with by the accessor. */
const WHOSE = Symbol('whose')

const { getOwnPropertyDescriptor, defineProperty } = Object

const accessor = {
  configurable: true,
  enumerable: true,
  // The receiver need not be the request: there are proxies of it, and objects that inherit from it.
  get() {
    return this[inspect.custom]?.(WHOSE)?.readSession()
  },
  set(session) {
    const request = this[inspect.custom]?.(WHOSE)
    if (request && isRequest(this, request.req)) request.assignSession(session)
    else defineProperty(this, 'session', plainProperty(session))
  }
}

/** Whether an object is the request, or a proxy of it, and not an heir or a copy of all its properties. */
function isRequest(object, req) {
  if (object === req) return true
  const mark = Symbol('mark')
  defineProperty(req, mark, { configurable: true, value: true })
  const isMarked = Object.hasOwn(object, mark)
  delete req[mark]
  return isMarked
}

/**
 * Whether nobody would notice. A request that prints itself in its own way keeps doing so, and one that
 * has an accessor of its own, as adapters of frameworks do, is told of its session at once. Whatever an
 * application has added to all sessions happens to each of them.
 */
function canStandIn(req) {
  return req[inspect.custom] === undefined && !('session' in req) && areUntouched()
}

/**
 * @param {object} req
 * @param {{ req: object, readSession: () => unknown, assignSession: (session: unknown) => void }} request
 */
function standIn(req, request) {
  const print = function (depth) {
    if (depth === WHOSE) return request
    delete this[inspect.custom]
    if (stands(this)) defineProperty(this, 'session', plainProperty(request.readSession()))
    return this
  }
  // Not assigned where it is written, for the reason that is told in `response.js`.
  req[inspect.custom] = print
  defineProperty(req, 'session', accessor)
}

/** Whether the accessor is still there: it may have been deleted, or defined as something else. */
function stands(req) {
  return getOwnPropertyDescriptor(req, 'session')?.get === accessor.get
}

/** A session gets the request's id when it is made, and that may be another one by now. */
function withId(req, id, make) {
  const now = getOwnPropertyDescriptor(req, 'sessionID')
  if (now?.value === id) return make(req)
  defineProperty(req, 'sessionID', { configurable: true, value: id })
  try {
    make(req)
  } finally {
    if (now) defineProperty(req, 'sessionID', now)
    else delete req.sessionID
  }
}

function plainProperty(value) {
  return { configurable: true, enumerable: true, value, writable: true }
}

module.exports = { canStandIn, standIn, stands, withId }
