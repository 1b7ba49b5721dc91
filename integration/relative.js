'use strict'

// Two runs are never at the same time, so times are recorded as what they are relative to now. The
// scenarios reckon in hours: minutes are exact enough, and a slow machine makes no difference.

const MINUTE = 60_000
const NEAR = 100 * 24 * 60 * MINUTE

const TIMES = [
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00(?::?00)?)?/g,
  /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g,
  // In JSON, where it has to remain JSON.
  /(?<=":)\d{13}\b/g
]
const MAX_AGE = /("originalMaxAge":)(\d+)/g

/**
 * @param {unknown} value Of whatever depth.
 * @returns {unknown} A copy in which times are relative to now.
 */
function relative(value, now = Date.now()) {
  if (typeof value === 'string') return ofText(value, now)
  if (typeof value === 'number') return ofNumber(value, now)
  if (value instanceof Date) return described(value.getTime() - now)
  if (Array.isArray(value)) return value.map((item) => relative(item, now))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      // Is measured by the clock when `expires` is set, and may miss some milliseconds.
      key === 'originalMaxAge' && typeof item === 'number' ? rounded(item) : relative(item, now)
    ])
  )
}

function ofText(text, now) {
  let result = text.replace(MAX_AGE, (_, name, age) => name + rounded(Number(age)))
  for (const pattern of TIMES) {
    result = result.replace(pattern, (time) => {
      const isNumber = /^\d+$/.test(time)
      const at = isNumber ? Number(time) : Date.parse(inUtc(time))
      if (Math.abs(at - now) >= NEAR) return time
      return isNumber ? JSON.stringify(described(at - now)) : described(at - now)
    })
  }
  return result
}

/** A database leaves out the zone, or part of it. */
function inUtc(time) {
  return /^\d{4}-/.test(time) ? time.replace(' ', 'T').replace(/(Z|\+00(:?00)?)?$/, 'Z') : time
}

function ofNumber(number, now) {
  if (Math.abs(number - now) < NEAR) return described(number - now)
  if (Math.abs(number * 1000 - now) < NEAR) return described(number * 1000 - now)
  return number
}

function described(ms) {
  return `<in ${Math.round(ms / MINUTE) + 0} min>`
}

function rounded(age) {
  return Math.round(age / 1000) * 1000
}

module.exports = { relative }
