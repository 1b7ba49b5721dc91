'use strict'

/**
 * Checks the options of a MemoryStore. Unknown ones are ignored: other stores call MemoryStore with
 * options of their own.
 */

/** No timer waits longer, and nobody wants one to. */
const LONGEST = 2 ** 31 - 1

/**
 * @param {unknown} options
 * @returns {{ native: object, protect?: Function, ttl?: Function, eventData: boolean }} `native` is
 *   what the native library takes.
 * @throws {TypeError} For an option of a wrong type or out of range.
 */
function checkOptions(options) {
  if (options === undefined || options === null || typeof options === 'function') options = {}
  if (typeof options !== 'object') refuse('options', 'an object', options)
  const { eventData, maxBytes, maxSessions, name, onFull, protect, resurrect, ttl } = options

  check(name === undefined || isText(name), 'name', 'a string that is not empty', name)
  check(isBound(maxSessions), 'maxSessions', 'a whole number above 0', maxSessions)
  check(isBound(maxBytes), 'maxBytes', 'a whole number above 0', maxBytes)
  const ways = ['evict', 'spare', 'reject']
  const isWay = onFull === undefined || ways.includes(onFull)
  check(isWay, 'onFull', "'evict', 'spare' or 'reject'", onFull)
  const isTtl = typeof ttl === 'function' || (typeof ttl === 'number' && ttl > 0)
  check(ttl === undefined || isTtl, 'ttl', 'a number of milliseconds above 0, or a function', ttl)
  const isProtect = protect === undefined || typeof protect === 'function'
  check(isProtect, 'protect', 'a function', protect)
  check(isOptionalBoolean(resurrect), 'resurrect', 'a boolean', resurrect)
  check(isOptionalBoolean(eventData), 'eventData', 'a boolean', eventData)

  const shared = [maxSessions, maxBytes, onFull, ttl, resurrect]
  return {
    eventData: eventData === true,
    protect,
    ttl: typeof ttl === 'function' ? ttl : undefined,
    native: {
      name,
      given: name === undefined || shared.some((option) => option !== undefined),
      maxSessions: finite(maxSessions),
      maxBytes: finite(maxBytes),
      onFull,
      ttl: typeof ttl === 'number' ? finite(ttl) : undefined,
      stayDestroyed: resurrect === false
    }
  }
}

/**
 * Checks what a `ttl` function has returned.
 *
 * @param {unknown} ttl
 * @returns {number} Milliseconds, or -1 if the session does not expire.
 */
function checkTtl(ttl) {
  if (ttl === undefined || ttl === null || ttl === Infinity) return -1
  if (typeof ttl !== 'number' || !(ttl >= 0)) {
    refuse('what the ttl function returns', 'a number of milliseconds, or nothing', ttl)
  }
  return ttl
}

/**
 * @param {unknown} pageSize
 * @returns {number}
 */
function checkPageSize(pageSize = 100) {
  const isSize = Number.isInteger(pageSize) && pageSize > 0 && pageSize <= LONGEST
  check(isSize, 'pageSize', 'a whole number above 0', pageSize)
  return pageSize
}

function isText(value) {
  return typeof value === 'string' && value !== ''
}

function isBound(value) {
  return value === undefined || value === Infinity || (Number.isSafeInteger(value) && value > 0)
}

function isOptionalBoolean(value) {
  return value === undefined || typeof value === 'boolean'
}

/** Infinity is no bound. */
function finite(value) {
  return value === Infinity ? undefined : value
}

function check(holds, name, expected, value) {
  if (!holds) refuse(name, expected, value)
}

function refuse(name, expected, value) {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  throw new TypeError(`MemoryStore: ${name} must be ${expected}, not ${shown}`)
}

module.exports = { checkOptions, checkPageSize, checkTtl }
