'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')

/**
 * What sessions and cookies can do, as it was made. Applications put things of their own there, for all
 * sessions at once, and those have to be asked: sessions are left unread, and their cookies made and
 * written as text, only while nobody has.
 */

const { getOwnPropertyDescriptor } = Object

const sessions = Session.prototype
const { resetMaxAge, touch } = sessions

const cookies = Cookie.prototype
const { toJSON } = cookies
const [data, expires, maxAge] = ['data', 'expires', 'maxAge'].map((name) =>
  getOwnPropertyDescriptor(cookies, name)
)

/** Whether sessions and their cookies are made, renewed and written by our own code alone. */
function areUntouched() {
  return (
    Session.prototype === sessions &&
    isMethod(sessions, 'touch', touch) &&
    isMethod(sessions, 'resetMaxAge', resetMaxAge) &&
    !('toJSON' in sessions) &&
    !('cookie' in sessions) &&
    Cookie.prototype === cookies &&
    isMethod(cookies, 'toJSON', toJSON) &&
    isAccessor(cookies, 'data', data) &&
    isAccessor(cookies, 'expires', expires) &&
    isAccessor(cookies, 'maxAge', maxAge) &&
    !hasAttributes(cookies) &&
    !hasEnumerable(sessions)
  )
}

// Not read: an application's getter may count on being asked by a session or a cookie.

function isMethod(object, name, method) {
  return getOwnPropertyDescriptor(object, name)?.value === method
}

function isAccessor(object, name, { get, set }) {
  const accessor = getOwnPropertyDescriptor(object, name)
  return accessor !== undefined && accessor.get === get && accessor.set === set
}

/** Whether all cookies have one that is given to none of them, or are told when they are given one. */
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
 * What all sessions have is dropped from the data that are named like it, and what all objects have is taken
 * for an option of every cookie.
 */
function hasEnumerable(object) {
  for (const _ in object) return true
  return false
}

module.exports = { areUntouched }
