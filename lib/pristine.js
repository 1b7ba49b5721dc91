'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { hasNativeJson, isNativeFunction } = require('./json')

/**
 * Applications put things of their own on the prototypes of sessions and cookies, for all of them at
 * once, or replace `JSON`. Those have to be called. So sessions are lazy, and kept in parts, only while
 * all of this is as it was made.
 */

const { getOwnPropertyDescriptor } = Object

const sessions = Session.prototype
const { resetMaxAge, touch } = sessions

const cookies = Cookie.prototype
const { toJSON } = cookies
const [data, expires, maxAge] = ['data', 'expires', 'maxAge'].map((name) =>
  getOwnPropertyDescriptor(cookies, name)
)

const { toISOString, toJSON: dateToJSON } = Date.prototype ?? {}
const hasNativeDates = isNativeFunction(toISOString) && isNativeFunction(dateToJSON)

/** Whether sessions and their cookies are made, renewed and turned into JSON by our own code alone. */
function isPristine() {
  return areMethodsPristine() && areAccessorsPristine()
}

/** All of that but the accessors of cookies, which take longer to check than all the rest. */
function areMethodsPristine() {
  try {
    return (
      hasNativeJson() &&
      hasNativeDates &&
      Session.prototype === sessions &&
      sessions.touch === touch &&
      sessions.resetMaxAge === resetMaxAge &&
      !('toJSON' in sessions) &&
      !('toJSON' in Array.prototype) &&
      !('cookie' in sessions) &&
      !hasEnumerable(sessions) &&
      Cookie.prototype === cookies &&
      cookies.toJSON === toJSON &&
      !hasAttributes(cookies)
    )
  } catch {
    // A getter in the place of a method may count on being read from a session.
    return false
  }
}

function areAccessorsPristine() {
  return (
    isAccessor(cookies, 'data', data) &&
    isAccessor(cookies, 'expires', expires) &&
    isAccessor(cookies, 'maxAge', maxAge)
  )
}

function isAccessor(object, name, { get, set }) {
  const accessor = getOwnPropertyDescriptor(object, name)
  return accessor !== undefined && accessor.get === get && accessor.set === set
}

/** Whether a cookie inherits an attribute that none was given, or a setter for one. */
function hasAttributes(object) {
  return (
    'originalMaxAge' in object ||
    '_expires' in object ||
    'path' in object ||
    'httpOnly' in object ||
    'secure' in object ||
    'domain' in object ||
    'sameSite' in object ||
    'priority' in object ||
    'partitioned' in object
  )
}

/**
 * A member that all sessions inherit is dropped from data of that name, and one that all objects inherit
 * is an option of every cookie.
 */
function hasEnumerable(object) {
  for (const _ in object) return true
  return false
}

/** Whether a date turns itself into JSON in the ordinary way. */
function isPristineDate(date) {
  return date.toJSON === dateToJSON && date.toISOString === toISOString
}

module.exports = { areMethodsPristine, isPristine, isPristineDate }
