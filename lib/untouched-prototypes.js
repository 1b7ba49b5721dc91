'use strict'

const Cookie = require('../session/cookie')
const Session = require('../session/session')

/**
 * What sessions and cookies can do, as it was made. Applications put things of their own there, for all
 * sessions at once, and those have to be asked: whatever goes past them is done only while nobody has.
 */

const { getOwnPropertyDescriptor } = Object

const sessions = Session.prototype
const { resetMaxAge, touch } = sessions

const cookies = Cookie.prototype
const { toJSON } = cookies
const { get: dataGetter } = getOwnPropertyDescriptor(cookies, 'data')
const expires = getOwnPropertyDescriptor(cookies, 'expires')
const maxAge = getOwnPropertyDescriptor(cookies, 'maxAge')

/** Whether sessions and their cookies are made, renewed and written by our own code alone. */
function areUntouched() {
  return (
    Session.prototype === sessions &&
    sessions.touch === touch &&
    sessions.resetMaxAge === resetMaxAge &&
    sessions.toJSON === undefined &&
    Cookie.prototype === cookies &&
    cookies.toJSON === toJSON &&
    getOwnPropertyDescriptor(cookies, 'data')?.get === dataGetter &&
    hasAccessor('expires', expires) &&
    hasAccessor('maxAge', maxAge) &&
    !hasEnumerable(Object.prototype)
  )
}

function hasAccessor(name, { get, set }) {
  const accessor = getOwnPropertyDescriptor(cookies, name)
  return accessor !== undefined && accessor.get === get && accessor.set === set
}

/** Those of `Object.prototype` are taken for options of every cookie, and for data of every session. */
function hasEnumerable(object) {
  for (const _ in object) return true
  return false
}

module.exports = { areUntouched }
