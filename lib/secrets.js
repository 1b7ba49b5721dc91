'use strict'

const crypto = require('crypto')
const { types } = require('util')
const { isStoreFailure } = require('./errors')
const native = require('./native')

/** Characters that no header from Node's HTTP parser contains. V8 skips the search in one-byte strings. */
const WIDE = /[\u0100-\uffff]/

/**
 * An application's secrets as a native keyring, so that their keys are set up once and not for every
 * signature.
 *
 * A secret is anything that `crypto.createHmac` accepts as a key. The array belongs to the application, which
 * may change it to rotate secrets. Then a new keyring is created.
 */
class Secrets {
  #keyring
  /** The keyring's secrets, with copies of those that are bytes, because the application may overwrite them. */
  #made = []
  /** The index of the first secret that is not a valid key. It only fails when it is used. */
  #unusable = -1
  /** Reads the cookie and the session in one call; created for these sessions and this name. */
  #reader
  #readerSessions
  #readerName

  /**
   * The session id in the signed cookie of a Cookie header.
   *
   * @param {unknown[]} secrets
   * @param {string} header
   * @param {string} name The cookie's name.
   * @param {import('./memory/sessions').MemorySessions} [sessions] Where to read the session, too.
   * @returns {string | number} The id, or a `NoId`.
   */
  readCookie(secrets, header, name, sessions) {
    const keyring = this.#fit(secrets)
    // A reader for sessions that are no longer used would keep them alive.
    if (sessions !== this.#readerSessions) this.#reader = this.#readerSessions = undefined
    // Searching the header here is faster than a call.
    if (!header.includes(name)) return native.NoId.Absent
    return this.#checked(secrets, this.#read(keyring, header, name, sessions))
  }

  #read(keyring, header, name, sessions) {
    if (this.#isWide(header, name)) return native.readWideCookie(keyring, header, name)
    if (sessions === undefined) return native.readCookie(keyring, header, name)
    try {
      if (this.#readerSessions !== sessions || this.#readerName !== name) {
        this.#reader = sessions.createReader(keyring, name)
        this.#readerSessions = sessions
        this.#readerName = name
      }
      return sessions.open(this.#reader, header)
    } catch (error) {
      // The cookie can still be read. The store reports its failure when it is asked for the session.
      if (!isStoreFailure(error)) throw error
      sessions.lose()
      return native.readCookie(keyring, header, name)
    }
  }

  #isWide(header, name) {
    if (WIDE.test(header)) return true
    // Checked once per name, because creating a reader remembers it.
    return name !== this.#readerName && WIDE.test(name)
  }

  /** The same for a value that other code has parsed. */
  verify(secrets, value) {
    return this.#checked(secrets, native.verifyValue(this.#fit(secrets), value))
  }

  /** The value of a session cookie, signed with the first secret. */
  sign(secrets, id) {
    const keyring = this.#fit(secrets)
    if (typeof id !== 'string') throw new TypeError('Cookie value must be provided as a string.')
    return native.signValue(keyring, id) ?? useAsKey(secrets[0])
  }

  /** An invalid secret throws, as in express-session, unless the signature matched an earlier one. */
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
      // Only bytes can change, so only they are copied.
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

/** Throws the error of using the secret as a key. */
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
