'use strict'

const Cookie = require('../session/cookie')

/**
 * The JSON of a session's cookie, read and written without parsing and printing it anew each time.
 *
 * An application gives its sessions one kind of cookie: from one to the next, only the expiry differs.
 * It stands at the beginning of the JSON, so the tail that comes after it is kept, with the attributes
 * that it says. Whatever looks otherwise takes the ordinary way.
 */

const WITHOUT_EXPIRY = '{"originalMaxAge":null,"expires":null,'
const WITH_EXPIRY =
  /^\{"originalMaxAge":(\d{1,15}),"expires":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",/

const { toJSON } = Cookie.prototype
const dataGetter = Cookie.prototype.__lookupGetter__('data')

let knownTail
let known

/**
 * @param {string} text The JSON of a cookie.
 * @returns {Cookie}
 */
function readCookie(text) {
  let originalMaxAge = null
  let expires = null
  let start = WITHOUT_EXPIRY.length
  if (!text.startsWith(WITHOUT_EXPIRY)) {
    const match = WITH_EXPIRY.exec(text)
    if (match === null) return fromData(JSON.parse(text))
    originalMaxAge = Number(match[1])
    expires = new Date(match[2])
    start = match[0].length
  }
  const attributes = attributesOf(text.slice(start))
  if (attributes === undefined) return fromData(JSON.parse(text))
  const cookie = new Cookie()
  for (const name in attributes) {
    if (attributes[name] !== undefined) cookie[name] = attributes[name]
  }
  cookie._expires = expires
  cookie.originalMaxAge = originalMaxAge
  return cookie
}

/** @param {object} data A cookie's JSON, parsed. */
function fromData(data) {
  // Not taken apart at once: the error for data that are none names what could not be read of them.
  const expires = data.expires
  const originalMaxAge = data.originalMaxAge
  const cookie = new Cookie(data)
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  // Setting the expiry has made the time left the original one.
  cookie.originalMaxAge = originalMaxAge
  return cookie
}

/**
 * The attributes that a tail says. Undefined if it is not written as cookies of ours are, with these
 * members in this order: data that an application has put into a store may have any.
 */
function attributesOf(tail) {
  if (tail === knownTail) return known
  const data = JSON.parse(`{${tail}`)
  const { secure, httpOnly, domain, path, sameSite } = data
  const attributes = { secure, httpOnly, domain, path, sameSite }
  if (httpOnly === undefined || path === undefined) return undefined
  if (JSON.stringify(attributes) !== `{${tail}`) return undefined
  known = attributes
  knownTail = tail
  return known
}

/**
 * What `JSON.stringify` makes of a session's cookie.
 *
 * @param {unknown} cookie
 * @returns {string | undefined}
 */
function writeCookie(cookie) {
  if (!isPlain(cookie)) return JSON.stringify(cookie)
  const { _expires: expires, originalMaxAge } = cookie
  if (!isKnown(cookie)) {
    const text = JSON.stringify(cookie)
    const start = beginning(originalMaxAge, expires)
    if (text.startsWith(start)) attributesOf(text.slice(start.length))
    return text
  }
  return beginning(originalMaxAge, expires) + knownTail
}

/**
 * The JSON of a cookie after a touch: its expiry is moved to its original distance from now.
 *
 * @param {string} text
 * @returns {string | undefined} Undefined if that takes a cookie.
 */
function renewCookie(text) {
  if (text.startsWith(WITHOUT_EXPIRY)) {
    return attributesOf(text.slice(WITHOUT_EXPIRY.length)) && text
  }
  const match = WITH_EXPIRY.exec(text)
  if (match === null || !writesIsoDates()) return undefined
  if (attributesOf(text.slice(match[0].length)) === undefined) return undefined
  const maxAge = Number(match[1])
  return beginning(maxAge, new Date(Date.now() + maxAge)) + text.slice(match[0].length)
}

/** Whether the JSON of a cookie plainly says that it does not expire. */
function neverExpires(text) {
  return text.startsWith(WITHOUT_EXPIRY)
}

/** Whether it is a cookie of ours, with an expiry that is written as `beginning` does it. */
function isPlain(cookie) {
  if (typeof cookie !== 'object' || cookie === null) return false
  if (Object.getPrototypeOf(cookie) !== Cookie.prototype || cookie.toJSON !== toJSON) return false
  // Applications may have replaced it, for one cookie or for all of them.
  if (cookie.__lookupGetter__('data') !== dataGetter) return false
  // They would stand before the expiry.
  if (cookie.priority !== undefined || cookie.partitioned !== undefined) return false
  const { _expires: expires, originalMaxAge } = cookie
  if (expires === null) return originalMaxAge === null
  return (
    Number.isSafeInteger(originalMaxAge) &&
    originalMaxAge >= 0 &&
    expires instanceof Date &&
    Object.getPrototypeOf(expires) === Date.prototype &&
    !Object.hasOwn(expires, 'toJSON') &&
    writesIsoDates() &&
    hasFourDigitYear(expires.getTime())
  )
}

const { toISOString, toJSON: dateToJSON } = Date.prototype

/** Applications replace it, to have dates in another form. */
function writesIsoDates() {
  return Date.prototype.toJSON === dateToJSON && Date.prototype.toISOString === toISOString
}

function isKnown(cookie) {
  return (
    known !== undefined &&
    cookie.path === known.path &&
    cookie.httpOnly === known.httpOnly &&
    cookie.secure === known.secure &&
    cookie.domain === known.domain &&
    cookie.sameSite === known.sameSite
  )
}

function beginning(originalMaxAge, expires) {
  if (expires === null) return WITHOUT_EXPIRY
  return `{"originalMaxAge":${originalMaxAge},"expires":"${isoDate(expires.getTime())}",`
}

/** From the year 0 to 9999, which are written with four digits. NaN is not among them. */
function hasFourDigitYear(time) {
  return time >= -62_167_219_200_000 && time < 253_402_300_800_000
}

let second
let untilSecond

/** `Date.prototype.toISOString`, most of which is the same for a second. */
function isoDate(time) {
  const ms = ((time % 1000) + 1000) % 1000
  if (time - ms !== second) {
    second = time - ms
    untilSecond = new Date(second).toISOString().slice(0, -4)
  }
  return `${untilSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
}

/** Whether `Cookie.prototype` writes JSON as it always has. */
function writesUsualCookies() {
  const { prototype } = Cookie
  return prototype.toJSON === toJSON && prototype.__lookupGetter__('data') === dataGetter
}

module.exports = {
  fromData,
  neverExpires,
  readCookie,
  renewCookie,
  writeCookie,
  writesUsualCookies
}
