'use strict'

const deprecate = require('depd')('express-session')
const { serializeCookie } = require('../lib/cookie-io')
const { cookieToJSON } = require('../lib/json')

module.exports = Cookie

/**
 * The cookie of a session: its attributes, and when it expires.
 *
 * @param {object} [options] Attributes, see `CookieOptions` in `index.d.ts`. Another cookie will do.
 * @throws {TypeError} If the options are no object, or if `maxAge` is neither a number nor a Date.
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

// A plain object with enumerable accessors, because stores walk over it with for-in and look at
// `constructor`.
Cookie.prototype = {
  /** When the cookie expires: a Date, or `null`/`false` for "with the browser". */
  get expires() {
    return this._expires
  },

  /** Setting it also makes its distance from now the `originalMaxAge`. */
  set expires(date) {
    this._expires = date
    this.originalMaxAge = this.maxAge
  },

  /** Milliseconds from now until the cookie expires; what `expires` is when that is no Date. */
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

  /** The attributes as they are stored and sent. The order is the order in the stored JSON. */
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

  /** The `Set-Cookie` header that sets this cookie. */
  serialize: function (name, value) {
    return serializeCookie(name, value, this.data)
  },

  toJSON: cookieToJSON
}
