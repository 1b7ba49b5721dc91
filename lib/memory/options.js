'use strict'

const { types } = require('util')
const { nearestName } = require('../nearest-name')

/** Validates the options of a MemoryStore. */

const isBoolean = (value) => typeof value === 'boolean'
const isName = (value) => typeof value === 'string' && value !== '' && value.isWellFormed()
const isCount = (value) => value === Infinity || (Number.isSafeInteger(value) && value > 0)
// The result is needed immediately.
const isFunction = (value) => typeof value === 'function' && !types.isAsyncFunction(value)
const isTtl = (value) => isCount(value) || isFunction(value)
const isOneOf = (values) => (value) => values.includes(value)
// A page has two texts per session, and arrays have at most 2^32 - 1 elements.
const isPageSize = (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31

const RULES = {
  eventData: [isBoolean, 'a boolean'],
  lateSaves: [isOneOf(['save', 'drop']), "'save' or 'drop'"],
  maxBytes: [isCount, 'a whole number above 0'],
  maxSessions: [isCount, 'a whole number above 0'],
  name: [isName, 'a non-empty string without lone surrogates'],
  onFull: [isOneOf(['evict', 'spare', 'reject']), "'evict', 'spare' or 'reject'"],
  protect: [isFunction, 'a function that is not async'],
  ttl: [isTtl, 'a whole number of milliseconds above 0, or a function that is not async']
}

/**
 * @param {unknown} options
 * @param {boolean} ignoresUnknown For classes that extend MemoryStore and have options of their own.
 * @returns {{
 *   eventData: boolean,
 *   lateSaves: 'save' | 'drop',
 *   name: string | undefined,
 *   protect: Function | undefined,
 *   ttl: Function | number | undefined,
 *   native: object | undefined
 * }} `native` is for the native library: undefined if a named store is taken as it is.
 * @throws {TypeError} For an unknown option, or one of a wrong type or out of range.
 */
function checkOptions(options, ignoresUnknown) {
  const given = ownOptions(options, ignoresUnknown)
  const { lateSaves, maxBytes, maxSessions, name, onFull, protect, ttl } = given
  const sharedTtl = typeof ttl === 'function' ? undefined : ttl
  const shared = [maxSessions, maxBytes, onFull, sharedTtl, lateSaves]
  const takesAsItIs = name !== undefined && shared.every((option) => option === undefined)
  const native = {
    maxSessions: finite(maxSessions),
    maxBytes: finite(maxBytes),
    onFull,
    ttl: finite(sharedTtl),
    dropLateSaves: lateSaves === 'drop'
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
function ownOptions(options, ignoresUnknown) {
  const given = Object.create(null)
  if (options === undefined || options === null || typeof options === 'function') return given
  if (typeof options !== 'object' || Array.isArray(options)) refuse('options', 'an object', options)
  for (const name of Object.keys(options)) {
    if (!ignoresUnknown && !Object.hasOwn(RULES, name)) refuseUnknown(name)
  }
  for (const [name, [isValid, expected]] of Object.entries(RULES)) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined
    if (value !== undefined && !isValid(value)) refuse(name, expected, value)
    given[name] = value
  }
  return given
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
  throw new TypeError(`MemoryStore: ${name} must be ${expected}, not ${shown(value)}`)
}

function refuseUnknown(name) {
  const nearest = nearestName(name, Object.keys(RULES))
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  throw new TypeError(`MemoryStore: unknown option ${JSON.stringify(name)}${hint}`)
}

function shown(value) {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function')
    return types.isAsyncFunction(value) ? 'an async one' : 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

module.exports = { checkOptions, checkPageSize }
