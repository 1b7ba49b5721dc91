'use strict'

const MINUTE = 60 * 1000
const HOUR = 60 * MINUTE

/**
 * What can be put into the cart, by id. The cart in the session holds ids and quantities only, so
 * that nobody can bring a price along.
 *
 * @type {Map<string, { name: string, cents: number }>}
 */
const PRODUCTS = new Map([
  ['tea', { name: 'Green tea', cents: 650 }],
  ['cup', { name: 'Stoneware cup', cents: 1800 }],
  ['biscuits', { name: 'Oat biscuits', cents: 390 }],
  ['book', { name: 'Book of crosswords', cents: 1250 }]
])

/**
 * How long a login can be remembered, by id.
 *
 * @type {Map<string, { name: string, ms: number }>}
 */
const LIFETIMES = new Map([
  ['minute', { name: '1 minute', ms: MINUTE }],
  ['hour', { name: '1 hour', ms: HOUR }],
  ['month', { name: '30 days', ms: 30 * 24 * HOUR }]
])

module.exports = { LIFETIMES, PRODUCTS }
