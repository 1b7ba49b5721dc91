'use strict'

const deprecate = require('depd')('express-session')
const { serializeCookie } = require('../lib/cookie-io')
const { cookieToJSON } = require('../lib/json')

module.exports = Cookie

/**
 * The cookie of a session: its attributes and its expiry.
 *
 * @param {object} [options] Attributes, see `CookieOptions` in `index.d.ts`, or another cookie.
 * @throws {TypeError} If `options` is not an object, or if `maxAge` is neither a number nor a Date.
 */
function Cookie(options) {
  this.path = '/'
  this.maxAge = null
  this.httpOnly = true

  if (options) {
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    // Inherited options count too. `data` is derived from the others.
    for (const key in options) {
      if (key !== 'data') this[key] = options[key]
    }
  }

  if (this.originalMaxAge == null) this.originalMaxAge = this.maxAge
}

// A plain object with enumerable accessors, because stores iterate over it with for-in and read `constructor`.
Cookie.prototype = {
  /** When the cookie expires: a Date, or `null`/`false` for a browser session. */
  get expires() {
    return this._expires
  },

  /** Setting it also sets `originalMaxAge` to the time from now. */
  set expires(date) {
    this._expires = date
    this.originalMaxAge = this.maxAge
  },

  /** Milliseconds from now until the cookie expires, or the value of `expires` if that is not a Date. */
  get maxAge() {
    return this.expires instanceof Date ? this.expires.valueOf() - Date.now() : this.expires
  },

  set maxAge(ms) {
    const isDate = ms instanceof Date
    if (ms && typeof ms !== 'number' && !isDate) {
      throw new TypeError('maxAge must be a number or Date')
    }
    if (isDate) deprecate('maxAge as Date; pass number of milliseconds instead')
    this.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : ms
  },

  /** The attributes as they are stored and sent, in the order of the stored JSON. */
  get data() {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite
    }
  },

  /** The value of the `Set-Cookie` header for this cookie. */
  serialize: function (name, value) {
    return serializeCookie(name, value, this.data)
  },

  toJSON: cookieToJSON
}
