'use strict'

/**
 * Validates the options of a MemoryStore. Unknown ones are ignored, because other stores call MemoryStore with
 * their own options.
 */

const isBoolean = (value) => typeof value === 'boolean'
const isFunction = (value) => typeof value === 'function'
const isName = (value) => typeof value === 'string' && value !== ''
const isBound = (value) => value === Infinity || (Number.isSafeInteger(value) && value > 0)
const isTtl = (value) => isFunction(value) || (typeof value === 'number' && value > 0)
const isWay = (value) => ['evict', 'spare', 'reject'].includes(value)
// A page has two texts per session, and arrays have at most 2^32 - 1 elements.
const isPageSize = (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31

const RULES = {
  eventData: [isBoolean, 'a boolean'],
  maxBytes: [isBound, 'a whole number above 0'],
  maxSessions: [isBound, 'a whole number above 0'],
  name: [isName, 'a string that is not empty'],
  onFull: [isWay, "'evict', 'spare' or 'reject'"],
  protect: [isFunction, 'a function'],
  resurrect: [isBoolean, 'a boolean'],
  ttl: [isTtl, 'a number of milliseconds above 0, or a function']
}

/**
 * @param {unknown} options
 * @returns {{
 *   eventData: boolean,
 *   name: string | undefined,
 *   protect: Function | undefined,
 *   ttl: Function | number | undefined,
 *   native: object | undefined
 * }} `native` is for the native library: undefined if a named store is taken as it is.
 * @throws {TypeError} For an option of a wrong type or out of range.
 */
function checkOptions(options) {
  const given = ownOptions(options)
  const { maxBytes, maxSessions, name, onFull, protect, resurrect, ttl } = given
  const ownTtl = isFunction(ttl) ? ttl : undefined
  const shared = [maxSessions, maxBytes, onFull, ownTtl ? undefined : ttl, resurrect]
  const takesAsItIs = name !== undefined && shared.every((option) => option === undefined)
  const native = {
    maxSessions: finite(maxSessions),
    maxBytes: finite(maxBytes),
    onFull,
    ttl: ownTtl ? undefined : finite(ttl),
    stayDestroyed: resurrect === false
  }
  return {
    eventData: given.eventData === true,
    name,
    protect,
    ttl: finite(ttl),
    native: takesAsItIs ? undefined : native
  }
}

/** The own properties of the options: properties that all objects inherit are not options. */
function ownOptions(options) {
  const given = Object.create(null)
  if (options === undefined || options === null || isFunction(options)) return given
  if (typeof options !== 'object') refuse('options', 'an object', options)
  for (const [name, [isValid, expected]] of Object.entries(RULES)) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined
    if (value !== undefined && !isValid(value)) refuse(name, expected, value)
    given[name] = value
  }
  return given
}

/**
 * Validates the return value of a `ttl` function.
 *
 * @param {unknown} ttl
 * @returns {number} Milliseconds, or NaN if the session does not expire.
 */
function checkTtl(ttl) {
  if (ttl === undefined || ttl === null || ttl === Infinity) return NaN
  if (typeof ttl !== 'number' || !(ttl >= 0)) {
    refuse('the return value of ttl', 'a number of milliseconds, or nothing', ttl)
  }
  return ttl
}

/**
 * @param {unknown} pageSize
 * @returns {number}
 */
function checkPageSize(pageSize = 100) {
  if (!isPageSize(pageSize)) refuse('pageSize', 'a whole number above 0', pageSize)
  return pageSize
}

/** Infinity means no bound. */
function finite(value) {
  return value === Infinity ? undefined : value
}

function refuse(name, expected, value) {
  const shown = typeof value === 'string' ? `"${value}"` : String(value)
  throw new TypeError(`MemoryStore: ${name} must be ${expected}, not ${shown}`)
}

module.exports = { checkOptions, checkPageSize, checkTtl }
