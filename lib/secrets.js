'use strict'

const crypto = require('crypto')
const { types } = require('util')
const native = require('./native')

/** Characters that no header from Node's HTTP parser has. V8 answers at once for a string of bytes. */
const WIDE = /[\u0100-\uffff]/

/**
 * The secrets of an application on the native side: their keys are set up once and not for every
 * signature.
 *
 * A secret is anything that `crypto.createHmac` takes as a key. The array of them is the application's
 * own and may change while it runs (a rotation); a keyring that no longer fits is made anew.
 */
class Secrets {
  #keyring
  /** What the keyring was made of, and a copy of bytes, since their owner may overwrite them. */
  #made = []
  /** The first secret that is no key, if any: it fails when it is used, not before. */
  #unusable = -1
  /** What reads the cookie and the session in one call, and what it was made for. */
  #reader
  #readerSessions
  #readerName

  /**
   * The session id in the signed cookie of a Cookie header.
   *
   * @param {unknown[]} secrets
   * @param {string} header
   * @param {string} name The cookie's name.
   * @param {import('./memory/sessions').MemorySessions} [sessions] Those that the id is for.
   * @returns {string | number} The id, or a `NoId`.
   */
  readCookie(secrets, header, name, sessions) {
    const keyring = this.#fit(secrets)
    // Not kept for sessions that are not asked any more: it would keep them alive.
    if (sessions !== this.#readerSessions) this.#reader = this.#readerSessions = undefined
    // Searching the header here is quicker than a call.
    if (!header.includes(name)) return native.NoId.Absent
    return this.#checked(secrets, this.#read(keyring, header, name, sessions))
  }

  #read(keyring, header, name, sessions) {
    if (this.#isWide(header, name)) return native.readWideCookie(keyring, header, name)
    if (sessions === undefined) return native.readCookie(keyring, header, name)
    if (this.#readerSessions !== sessions || this.#readerName !== name) {
      this.#reader = sessions.createReader(keyring, name)
      this.#readerSessions = sessions
      this.#readerName = name
    }
    return sessions.open(this.#reader, header)
  }

  #isWide(header, name) {
    if (WIDE.test(header)) return true
    // Asked once for each name.
    return name !== this.#readerName && WIDE.test(name)
  }

  /** The same for a value that somebody else has parsed. */
  verify(secrets, value) {
    return this.#checked(secrets, native.verifyValue(this.#fit(secrets), value))
  }

  /** The value of a session's cookie, signed with the first secret. */
  sign(secrets, id) {
    const keyring = this.#fit(secrets)
    if (typeof id !== 'string') throw new TypeError('Cookie value must be provided as a string.')
    return native.signValue(keyring, id) ?? useAsKey(secrets[0])
  }

  /** Had the signature not been right for an earlier secret, the unusable one would have failed. */
  #checked(secrets, result) {
    if (result === native.NoId.Invalid && this.#unusable !== -1) useAsKey(secrets[this.#unusable])
    return result
  }

  #fit(secrets) {
    if (this.#keyring === undefined || !this.#isOf(secrets)) this.#make(secrets)
    return this.#keyring
  }

  #isOf(secrets) {
    const made = this.#made
    if (made.length !== secrets.length) return false
    for (let i = 0; i < made.length; i++) {
      if (made[i].secret !== secrets[i]) return false
      const { bytes } = made[i]
      if (bytes !== undefined && Buffer.compare(bytes, bytesOf(secrets[i])) !== 0) return false
    }
    return true
  }

  #make(secrets) {
    const keys = []
    this.#made = Array.from(secrets, (secret) => {
      const bytes = isKey(secret) ? Uint8Array.from(bytesOf(secret)) : undefined
      keys.push(bytes)
      // Nobody needs to keep a copy of what cannot change.
      return { secret, bytes: bytes !== undefined && isBinary(secret) ? bytes : undefined }
    })
    this.#unusable = keys.indexOf(undefined)
    this.#keyring = native.createKeyring(
      this.#unusable === -1 ? keys : keys.slice(0, this.#unusable)
    )
    this.#reader = this.#readerSessions = undefined
  }
}

function isKey(secret) {
  if (typeof secret === 'string') return true
  try {
    useAsKey(secret)
    return true
  } catch {
    return false
  }
}

/** Throws what using the secret throws. */
function useAsKey(secret) {
  if (secret == null) throw new TypeError('Secret key must be provided.')
  crypto.createHmac('sha256', secret)
}

function isBinary(secret) {
  return ArrayBuffer.isView(secret) || types.isAnyArrayBuffer(secret)
}

function bytesOf(secret) {
  if (typeof secret === 'string') return Buffer.from(secret)
  if (ArrayBuffer.isView(secret)) {
    return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
  }
  if (types.isAnyArrayBuffer(secret)) return new Uint8Array(secret)
  if (types.isCryptoKey(secret)) return crypto.KeyObject.from(secret).export()
  return secret.export()
}

module.exports = { Secrets }
