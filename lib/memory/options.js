'use strict'

/**
 * Checks the options of a MemoryStore. Unknown ones are ignored: other stores call MemoryStore with
 * options of their own.
 */

/** No array is longer than pages of this size. */
const LARGEST_PAGE = 2 ** 31 - 1

const NAMES = [
  'eventData',
  'maxBytes',
  'maxSessions',
  'name',
  'onFull',
  'protect',
  'resurrect',
  'ttl'
]

/**
 * @param {unknown} options
 * @returns {{
 *   eventData: boolean,
 *   name: string | undefined,
 *   protect: Function | undefined,
 *   ttl: Function | number | undefined,
 *   native: object | undefined
 * }} `native` is what the native library takes: undefined if a store with a name is taken as it is.
 * @throws {TypeError} For an option of a wrong type or out of range.
 */
function checkOptions(options) {
  const given = ownOptions(options)
  const { eventData, maxBytes, maxSessions, name, onFull, protect, resurrect, ttl } = given

  check(name === undefined || isText(name), 'name', 'a string that is not empty', name)
  check(isBound(maxSessions), 'maxSessions', 'a whole number above 0', maxSessions)
  check(isBound(maxBytes), 'maxBytes', 'a whole number above 0', maxBytes)
  const isKnown = onFull === undefined || ['evict', 'spare', 'reject'].includes(onFull)
  check(isKnown, 'onFull', "'evict', 'spare' or 'reject'", onFull)
  const isTtl = typeof ttl === 'function' || (typeof ttl === 'number' && ttl > 0)
  check(ttl === undefined || isTtl, 'ttl', 'a number of milliseconds above 0, or a function', ttl)
  const isProtect = protect === undefined || typeof protect === 'function'
  check(isProtect, 'protect', 'a function', protect)
  check(isOptionalBoolean(resurrect), 'resurrect', 'a boolean', resurrect)
  check(isOptionalBoolean(eventData), 'eventData', 'a boolean', eventData)

  const shared = [maxSessions, maxBytes, onFull, ttl, resurrect]
  const takesAsItIs = name !== undefined && shared.every((option) => option === undefined)
  return {
    eventData: eventData === true,
    name,
    protect,
    ttl: ttl === Infinity ? undefined : ttl,
    native: takesAsItIs
      ? undefined
      : {
          maxSessions: finite(maxSessions),
          maxBytes: finite(maxBytes),
          onFull,
          ttl: typeof ttl === 'number' ? finite(ttl) : undefined,
          stayDestroyed: resurrect === false
        }
  }
}

/** The options that somebody has given: what all objects inherit is none of them. */
function ownOptions(options) {
  const given = Object.create(null)
  if (options === undefined || options === null || typeof options === 'function') return given
  if (typeof options !== 'object') refuse('options', 'an object', options)
  for (const name of NAMES) {
    if (Object.hasOwn(options, name)) given[name] = options[name]
  }
  return given
}

/**
 * Checks what a `ttl` function has returned.
 *
 * @param {unknown} ttl
 * @returns {number} Milliseconds, or NaN if the session does not expire.
 */
function checkTtl(ttl) {
  if (ttl === undefined || ttl === null || ttl === Infinity) return NaN
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
  const isSize = Number.isInteger(pageSize) && pageSize > 0 && pageSize <= LARGEST_PAGE
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
