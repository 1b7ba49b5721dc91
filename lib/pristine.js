'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')
const { hasNativeJson, isNativeFunction } = require('./json')

/**
 * Applications may change the prototypes of sessions and cookies, or replace `JSON`, and what they put there
 * must be called. So sessions are lazy, and stored in parts, only while all of that is unchanged.
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

/** Whether sessions and their cookies are created, renewed and turned into JSON by our own code alone. */
function isPristine() {
  return areMethodsPristine() && areAccessorsPristine()
}

/** The same, except for the accessors of cookies: checking those takes longer than everything else. */
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
    // A getter that replaces a method may rely on being read from a session.
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

/** Whether cookies inherit an attribute, or a setter for one. */
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
 * Data whose name all sessions inherit are dropped when a session is created, and what all objects inherit
 * counts as an option of every cookie.
 */
function hasEnumerable(object) {
  for (const _ in object) return true
  return false
}

/** Whether a date has the built-in methods that turn it into JSON. */
function isPristineDate(date) {
  return date.toJSON === dateToJSON && date.toISOString === toISOString
}

module.exports = { areMethodsPristine, isPristine, isPristineDate }
