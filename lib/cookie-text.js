'use strict'

const Cookie = require('../session/cookie')
const { ownText } = require('./own-text')

/**
 * The JSON of a session's cookie, read and written without parsing and printing it anew each time.
 *
 * An application gives its sessions one kind of cookie: from one to the next, only the expiry differs.
 * It stands at the beginning of the JSON, so the tail that comes after it is kept, with the attributes
 * that it says. Whatever looks otherwise takes the ordinary way.
 */

const WITHOUT_EXPIRY = '{"originalMaxAge":null,"expires":null,'
const MAX_AGE = '{"originalMaxAge":'
const EXPIRES = ',"expires":"'
const EXPIRY_END = '",'
/** As `Date.prototype.toISOString` writes it for the years 0 to 9999. */
const ISO_LENGTH = '2026-01-02T03:04:05.678Z'.length

const { toJSON } = Cookie.prototype
const dataGetter = Cookie.prototype.__lookupGetter__('data')

let knownTail
let known

/**
 * The JSON of a cookie, of which nothing but the place of its parts has been looked at: whether a cookie
 * is made of it makes no difference, as that cannot fail.
 */
class StoredCookie {
  #attributes
  #tailStart

  /**
   * @param {string} text
   * @param {object} attributes Those that its tail says.
   * @param {number} tailStart
   */
  constructor(text, attributes, tailStart) {
    this.text = text
    this.#attributes = attributes
    this.#tailStart = tailStart
  }

  /** Whether it plainly says that it does not expire. */
  get neverExpires() {
    return this.#tailStart === WITHOUT_EXPIRY.length
  }

  /** @returns {Cookie} */
  toCookie() {
    const { path, httpOnly, secure, domain, sameSite } = this.#attributes
    const expires = this.neverExpires
      ? null
      : dateAt(this.text, this.#tailStart - EXPIRY_END.length - ISO_LENGTH)
    const maxAge = this.neverExpires ? null : maxAgeIn(this.text)
    const cookie = new MadeCookie(path, expires, maxAge, httpOnly)
    if (secure !== undefined) cookie.secure = secure
    if (domain !== undefined) cookie.domain = domain
    if (sameSite !== undefined) cookie.sameSite = sameSite
    return cookie
  }

  /**
   * The JSON after a touch: the expiry is moved to its original distance from now.
   *
   * @returns {string | undefined} Undefined if that takes a cookie.
   */
  renewed() {
    if (this.neverExpires) return this.text
    if (!writesIsoDates()) return undefined
    const maxAge = maxAgeIn(this.text)
    const tail = this.text.slice(this.#tailStart)
    return beginning(maxAge, new Date(Date.now() + maxAge)) + tail
  }
}

/**
 * What `new Cookie` makes, without going through the accessors for each of its members. Only while nobody
 * has changed them: see `untouched-prototypes.js`.
 */
function MadeCookie(path, expires, originalMaxAge, httpOnly) {
  this.path = path
  this._expires = expires
  this.originalMaxAge = originalMaxAge
  this.httpOnly = httpOnly
}
MadeCookie.prototype = Cookie.prototype

/**
 * @param {string} text The JSON of a cookie.
 * @returns {StoredCookie | undefined} Undefined if something other than cookies of ours have is in it.
 */
function understand(text) {
  const tailStart = startOfTail(text)
  if (tailStart === -1) return undefined
  const attributes = attributesOf(text.slice(tailStart))
  return attributes && new StoredCookie(text, attributes, tailStart)
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
  // Nothing of the session that it was read with is kept alive by it.
  knownTail = ownText(tail, 0, tail.length)
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
 * Where the tail begins, in the JSON of a cookie that begins with a whole number of milliseconds and a
 * date in the form of ISO 8601; -1 if it begins with anything else. (A regular expression took five times
 * as long.)
 */
function endOfExpiry(text) {
  if (!text.startsWith(MAX_AGE)) return -1
  const comma = text.indexOf(',', MAX_AGE.length)
  const digits = comma - MAX_AGE.length
  if (digits < 1 || digits > 15 || !areDigits(text, MAX_AGE.length, comma)) return -1
  if (!text.startsWith(EXPIRES, comma)) return -1
  const date = comma + EXPIRES.length
  const end = date + ISO_LENGTH
  return text.startsWith(EXPIRY_END, end) && isIsoDate(text, date) ? end + EXPIRY_END.length : -1
}

function maxAgeIn(text) {
  return numberAt(text, MAX_AGE.length, text.indexOf(',', MAX_AGE.length))
}

function isIsoDate(text, at) {
  for (let n = 0; n < ISO_LENGTH; n++) {
    const code = text.charCodeAt(at + n)
    // The digits of the pattern stand for any, the rest for itself.
    if (code !== ISO_PATTERN[n] && !(ISO_PATTERN[n] === ZERO && isDigit(code))) return false
  }
  return true
}

/** The date that is written there; an invalid one if there is no such day or time. */
function dateAt(text, at) {
  const month = numberAt(text, at + 5, at + 7)
  const day = numberAt(text, at + 8, at + 10)
  const hour = numberAt(text, at + 11, at + 13)
  const minute = numberAt(text, at + 14, at + 16)
  const second = numberAt(text, at + 17, at + 19)
  const year = numberAt(text, at, at + 4)
  const isUsual =
    // `UTC` has an opinion of its own on earlier ones.
    year > 99 &&
    month > 0 &&
    month < 13 &&
    day > 0 &&
    day < (month === 2 ? 29 : 31) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!isUsual) return new Date(text.slice(at, at + ISO_LENGTH))
  const ms = numberAt(text, at + 20, at + 23)
  return new Date(UTC(year, month - 1, day, hour, minute, second, ms))
}

const { UTC } = Date

const ZERO = 0x30
const ISO_PATTERN = Uint8Array.from(Buffer.from('0000-00-00T00:00:00.000Z'))

function areDigits(text, from, to) {
  for (let n = from; n < to; n++) if (!isDigit(text.charCodeAt(n))) return false
  return true
}

function isDigit(code) {
  return code >= ZERO && code <= ZERO + 9
}

function numberAt(text, from, to) {
  let number = 0
  for (let n = from; n < to; n++) number = number * 10 + text.charCodeAt(n) - ZERO
  return number
}

/** Where the tail begins, in the JSON of a cookie; -1 if what stands before it is not as ours have it. */
function startOfTail(text) {
  return text.startsWith(WITHOUT_EXPIRY) ? WITHOUT_EXPIRY.length : endOfExpiry(text)
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

module.exports = { fromData, understand, writeCookie }
