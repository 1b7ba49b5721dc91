'use strict'

const assert = require('node:assert/strict')
const { mock } = require('node:test')
const { START } = require('../clock')
const { methods, requests } = require('../disturbed')
const { reloaded } = require('../provider')

// Tests replace `Date` itself: by a class of their own, by a stub that always gives the same time, or by
// fake timers.

const RealDate = Date
const now = START + 30_000

class LaterDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now)
    else super(...args)
  }

  static now() {
    return now
  }
}

/** As the package mockdate does it. */
function MockDate(...args) {
  const date = args.length === 0 ? new RealDate(now) : new RealDate(...args)
  return new.target ? date : date.toString()
}
Object.assign(MockDate, { UTC: RealDate.UTC, now: () => now, parse: RealDate.parse })
MockDate.prototype = RealDate.prototype

/** As it is done by hand: dates of it know no other time, whatever they are made of. */
function StubDate() {
  return new RealDate(now)
}
StubDate.now = () => now

/** Its dates are not the engine's. */
class WrappedDate {
  #date

  constructor(...args) {
    this.#date = args.length === 0 ? new RealDate(now) : new RealDate(...args.map(Number))
  }

  static now() {
    return now
  }

  getTime() {
    return this.#date.getTime()
  }

  toISOString() {
    return this.#date.toISOString()
  }

  toJSON() {
    return this.#date.toJSON()
  }

  toUTCString() {
    return this.#date.toUTCString()
  }

  valueOf() {
    return this.#date.valueOf()
  }
}

const withDate = (Replacement) => () => {
  const before = Date
  globalThis.Date = Replacement
  return () => {
    globalThis.Date = before
  }
}

const withTimers = (apis) => () => {
  const { now: before } = Date
  // The first that Node 20 has takes a list.
  mock.timers.enable({ apis, now })
  return () => {
    mock.timers.reset()
    Date.now = before
  }
}

const CHANGES = {
  'a class of its own': withDate(LaterDate),
  'a proxy': withDate(new Proxy(RealDate, {})),
  'what mockdate makes': withDate(MockDate),
  'a stub': withDate(StubDate),
  'an arrow function with the time alone': withDate(Object.assign(() => {}, { now: () => now })),
  'a class whose dates are not the engine’s': withDate(WrappedDate),
  'the fake timers of node:test': withTimers(['Date']),
  'all the fake timers of node:test': withTimers([
    'Date',
    'setTimeout',
    'setInterval',
    'setImmediate'
  ])
}

// With these, express-session takes the expiry of a stored session for another time, or fails where nobody
// can catch it. Sessions that do not expire are all the same.
const NO_EXPIRY = new Set([
  'a stub',
  'an arrow function with the time alone',
  'a class whose dates are not the engine’s'
])

const LOADED = {
  before: (session) => session,
  after: (session, change) => {
    const undo = change()
    try {
      return reloaded(session)
    } finally {
      undo()
    }
  }
}

// A provider that is loaded with fake timers waits for them, and nobody moves these.
const isOfInterest = (name, when) => when === 'before' || !name.startsWith('all the fake timers')

module.exports = Object.entries(CHANGES).flatMap(([name, change]) =>
  Object.entries(LOADED)
    .filter(([when]) => isOfInterest(name, when))
    .map(([when, load]) => ({
      name: `stores and requests go on while Date is ${name}, when the package was loaded ${when} that`,
      env: {},
      async run(session, { clock }) {
        const loaded = load(session, change)
        const play = { change, clock, expires: !NO_EXPIRY.has(name) }
        return { methods: await methods(loaded, play), requests: await requests(loaded, play) }
      },
      expect({ code, value }) {
        assert.equal(code, 0)
        assert.ok(Object.keys(value.requests).length > 5)
      }
    }))
)
