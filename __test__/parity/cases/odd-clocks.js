'use strict'

const assert = require('node:assert/strict')
const { START } = require('../clock')
const { methods, requests } = require('../disturbed')

// Tests replace `Date.now`, and not always by what gives a number. A session must come to no harm that
// it does not come to with express-session, and when the clock is right again, so is the store.

const later = START + 30_000

const CLOCKS = {
  'a text': () => String(later),
  'a text that is no number': () => 'soon',
  'an empty text': () => '',
  'an ISO text': () => new Date(later).toISOString(),
  'a Date': () => new Date(later),
  'an invalid Date': () => new Date(NaN),
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  'a fraction': () => later + 0.75,
  zero: () => 0,
  'minus zero': () => -0,
  'a time before 1970': () => -5,
  'the last time there is': () => 8.64e15,
  'a time after the last': () => 8.64e15 + 1e6,
  'a number without end': () => 1e300,
  'a BigInt': () => BigInt(later),
  'an object with valueOf': () => ({ valueOf: () => later }),
  'an object with toString': () => ({ toString: () => String(later) }),
  'an object that is no number': () => ({}),
  'an array': () => [later],
  'a boxed number': () => Object(later)
}

// By these clocks, all sessions that expire have expired.
const OVER = new Set([
  'Infinity',
  'the last time there is',
  'a time after the last',
  'a number without end'
])

function replaceNow(now) {
  const { now: before } = Date
  Date.now = now
  return () => {
    Date.now = before
  }
}

module.exports = Object.entries(CLOCKS).map(([name, now]) => ({
  name: `stores and requests go on while Date.now gives ${name}`,
  env: {},
  async run(session, { clock }) {
    const play = { change: () => replaceNow(now), clock, isOver: OVER.has(name) }
    return {
      methods: await methods(session, play),
      // An expiry cannot be reckoned with it: that throws where it can't be caught, in both.
      requests: await requests(session, { ...play, expires: name !== 'a BigInt' })
    }
  },
  expect({ code, value }) {
    assert.equal(code, 0)
    assert.ok(Object.keys(value.requests).length > 5)
  }
}))
