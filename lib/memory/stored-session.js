'use strict'

const { types } = require('util')
const Cookie = require('../../session/cookie')
const Session = require('../../session/session')
const { hasNativeJson, isNativeFunction, parseNatively } = require('../json')
const native = require('../native')

/**
 * How sessions are kept in the native library.
 *
 * The usual form is the data as JSON, and apart from them the cookie: its expiry and its
 * `originalMaxAge` as numbers, its attributes as the number of a text that most sessions share.
 * A session that is not made of our own parts, or has been given something of the application's, is kept
 * as whole text.
 */

/** Stands in the place of the attributes' number. */
const WHOLE = -1

/** A session as it was read, or that there was none. */
class StoredSession {
  #cookies
  #whole

  /**
   * @param {StoredCookies} cookies Those of the store that it was read from.
   * @param {number} changes How many there had been in that store.
   * @param {string} id
   * @param {string | null} text Its data as JSON, or its whole text.
   * @param {Float64Array} numbers Its numbers.
   */
  constructor(cookies, changes, id, text, numbers) {
    this.#cookies = cookies
    this.changes = changes
    this.id = id
    this.text = text
    this.attributes = numbers[0]
    /** In milliseconds; NaN for none. */
    this.maxAge = numbers[1]
    /** In milliseconds since 1970; NaN for never. */
    this.expires = numbers[2]
  }

  /** Whether it was read from the store with these cookies. */
  isOf(cookies) {
    return this.#cookies === cookies
  }

  /** Parses what is kept as whole text, which need not be JSON. */
  parse() {
    if (this.attributes === WHOLE) this.#whole = parseWhole(this.text)
    return this
  }

  /** Whether its data and its cookie are apart. */
  get isApart() {
    return this.attributes >= 0
  }

  /** What the store gives for it, or undefined. */
  get data() {
    if (!this.isApart) return this.#whole
    return { cookie: this.#cookies.plain(this), ...parseNatively(this.text) }
  }

  /** @returns {Cookie} */
  get cookie() {
    return this.#cookies.make(this)
  }

  /** Whether this cookie is the one that it was stored with. */
  hasCookie({ attributes, maxAge, expires }) {
    return (
      attributes === this.attributes &&
      Object.is(maxAge, this.maxAge) &&
      Object.is(expires, this.expires)
    )
  }
}

/**
 * What a whole text stands for, by the rules of express-session: an empty one for no session, and `null`
 * for an error.
 *
 * @param {string | null} text
 */
function parseWhole(text) {
  if (!text) return undefined
  const session = JSON.parse(text)
  if (session === null) throw new TypeError("Cannot read properties of null (reading 'cookie')")
  return session
}

/** The attributes of the cookies in one store, by number. */
class StoredCookies {
  #handle
  #byNumber = []
  /** The attributes that were written last, as they were found in a cookie, and their number. */
  #last
  #lastNumber

  constructor(handle) {
    this.#handle = handle
  }

  /**
   * Takes a cookie apart.
   *
   * @param {unknown} cookie
   * @returns {{ attributes: number, maxAge: number, expires: number } | undefined} Undefined if its JSON
   *   would be anything else than that of such parts.
   */
  partsOf(cookie) {
    if (!hasNativeJson() || !isOwnCookie(cookie)) return undefined
    const { _expires: date, originalMaxAge } = cookie
    let maxAge = NaN
    let expires = NaN
    if (date !== null) {
      if (!isOwnDate(date)) return undefined
      if (!Number.isSafeInteger(originalMaxAge) || originalMaxAge < 0) return undefined
      maxAge = originalMaxAge
      expires = date.getTime()
      if (Number.isNaN(expires)) return undefined
    } else if (originalMaxAge !== null) {
      return undefined
    }
    const attributes = this.#numberOf(cookie)
    return attributes === WHOLE ? undefined : { attributes, maxAge, expires }
  }

  #numberOf(cookie) {
    const last = this.#last
    if (
      last === undefined ||
      last.path !== cookie.path ||
      last.httpOnly !== cookie.httpOnly ||
      last.secure !== cookie.secure ||
      last.domain !== cookie.domain ||
      last.sameSite !== cookie.sameSite ||
      last.priority !== cookie.priority ||
      last.partitioned !== cookie.partitioned
    ) {
      const { partitioned, priority, secure, httpOnly, domain, path, sameSite } = cookie
      const found = { partitioned, priority, secure, httpOnly, domain, path, sameSite }
      const text = textOfAttributes(found)
      if (text === undefined) return WHOLE
      this.#lastNumber = native.memoryIntern(this.#handle, text)
      this.#last = found
    }
    return this.#lastNumber
  }

  /**
   * Makes a cookie of its parts: what `new Cookie` makes of its JSON, without going through accessors for
   * each member. Only while nobody has changed those: see `pristine.js`.
   */
  make({ attributes, maxAge, expires }) {
    const found = this.#attributesOf(attributes)
    const cookie = new BareCookie(
      found.path,
      Number.isNaN(expires) ? null : new Date(expires),
      Number.isNaN(maxAge) ? null : maxAge,
      found.httpOnly
    )
    for (const name of found.others) cookie[name] = found.attributes[name]
    return cookie
  }

  /** What parsing the JSON of a cookie gives that was taken apart. */
  plain({ attributes, maxAge, expires }) {
    const plain = parseNatively(this.#attributesOf(attributes).json)
    if (!Number.isNaN(maxAge)) plain.originalMaxAge = maxAge
    if (!Number.isNaN(expires)) plain.expires = toISOString.call(new Date(expires))
    return plain
  }

  #attributesOf(number) {
    return (this.#byNumber[number] ??= this.#readAttributes(number))
  }

  #readAttributes(number) {
    const text = native.memoryAttributes(this.#handle, number)
    const json = text.replaceAll('\n', 'null')
    const { path = '/', httpOnly = true, ...attributes } = parseNatively(json)
    const others = OTHERS.filter((name) => Object.hasOwn(attributes, name))
    return { json, path, httpOnly, attributes, others }
  }
}

/** The other attributes, in the order in which a cookie is given them. */
const OTHERS = ['partitioned', 'priority', 'secure', 'domain', 'sameSite']

const BareCookie = function Cookie(path, expires, originalMaxAge, httpOnly) {
  this.path = path
  this._expires = expires
  this.originalMaxAge = originalMaxAge
  this.httpOnly = httpOnly
}
BareCookie.prototype = Cookie.prototype

/**
 * The JSON of a cookie with line breaks in the place of its numbers, in the order of
 * `Cookie.prototype.data`. Undefined if there is something in it that need not come back as it was.
 */
function textOfAttributes({ partitioned, priority, ...others }) {
  const first = { partitioned, priority }
  if (![...Object.values(first), ...Object.values(others)].every(isPlain)) return undefined
  const members = (attributes) => {
    const text = JSON.stringify(attributes)
    return text === '{}' ? '' : `,${text.slice(1, -1)}`
  }
  return `{"originalMaxAge":\n${members(first)},"expires":\n${members(others)}}`
}

function isPlain(value) {
  return (
    value === undefined ||
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  )
}

const { toJSON } = Cookie.prototype
const dataOfCookie = Object.getOwnPropertyDescriptor(Cookie.prototype, 'data').get

/** Whether a cookie's JSON is what ours is: applications replace `data` or `toJSON`. */
function isOwnCookie(cookie) {
  return (
    typeof cookie === 'object' &&
    cookie !== null &&
    Object.getPrototypeOf(cookie) === Cookie.prototype &&
    cookie.toJSON === toJSON &&
    cookie.__lookupGetter__('data') === dataOfCookie
  )
}

const { toISOString, toJSON: dateToJSON } = Date.prototype ?? {}
const hasNativeDates = isNativeFunction(toISOString) && isNativeFunction(dateToJSON)

/** Whether a value's JSON is the ISO form of a date: applications replace `toJSON`. */
function isOwnDate(value) {
  return (
    hasNativeDates &&
    types.isDate(value) &&
    value.toJSON === dateToJSON &&
    value.toISOString === toISOString
  )
}

/**
 * Whether a session's JSON is its cookie followed by its data, and a session that is made of these has
 * all of its members: those that are named like something that each session has anyway are dropped.
 *
 * @param {unknown} session
 */
function isOwnSession(session) {
  if (typeof session !== 'object' || session === null || types.isProxy(session)) return false
  if (!hasNativeJson() || 'toJSON' in session || firstKey(session) !== 'cookie') return false
  for (const name in session) {
    const isTaken = name in Session.prototype || name === 'id' || name === 'req'
    if (isTaken && Object.hasOwn(session, name)) return false
  }
  return true
}

function firstKey(object) {
  for (const key in object) return key
}

module.exports = { StoredCookies, StoredSession, WHOLE, isOwnSession, parseWhole }
