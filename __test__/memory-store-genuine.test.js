'use strict'

const assert = require('node:assert')
const { test } = require('node:test')
const fc = require('fast-check')
const genuine = require('express-session')
const ours = require('..')

/**
 * Random use of express-session's MemoryStore and of ours, side by side: whatever is called back with
 * or thrown has to be the same, and so has what is held. Options that are not reached change nothing.
 */

const OPTIONS = [
  undefined,
  { maxSessions: 1000, maxBytes: 2 ** 30, protect: ({ user }) => Boolean(user) },
  { onFull: 'reject', maxSessions: 1000, lateSaves: 'save', eventData: true }
]

const sid = fc.constantFrom('a', 'b', 'c', '1', '__proto__', '', 'é', '\uD800')
const expires = fc.oneof(
  fc.integer({ min: -2000, max: 5000 }).map((offset) => ({ offset })),
  fc.constantFrom(
    null,
    undefined,
    false,
    0,
    '',
    'no date',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    1,
    true
  )
)
const cookie = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ originalMaxAge: fc.constant(null), expires, path: fc.constant('/') })
  },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, 'text', {}) }
)
const content = fc.dictionary(
  fc.string({ maxLength: 3 }).filter((key) => key !== 'cookie' && key !== '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3, noNullPrototype: true }
)
const held = fc
  .tuple(cookie, content)
  .map(([cookie, content]) => Object.assign({ cookie }, content))
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('set'), sid, held) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('touch'), sid, held) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('get'), sid) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('destroy'), sid) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('all', 'length', 'clear')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('wait'), fc.integer({ min: 0, max: 3000 })) }
)

/** A session as an application has it: dates are dates. */
function session({ cookie, ...content }, now) {
  if (typeof cookie !== 'object' || cookie === null) return { cookie, ...content }
  const { expires } = cookie
  if (expires === null || typeof expires !== 'object') return { cookie, ...content }
  return { cookie: { ...cookie, expires: new Date(now + expires.offset) }, ...content }
}

/** What a method calls back with, and whether that was later, or what it throws. */
async function outcome(store, [method, ...args]) {
  let isLater = false
  try {
    const called = new Promise((resolve) => {
      const result = store[method](...args, (...answer) => resolve({ answer, isLater }))
      assert.strictEqual(result, undefined)
    })
    isLater = true
    return await called
  } catch (error) {
    return { thrown: error.name, message: error.message }
  }
}

for (const options of OPTIONS) {
  test(`a store is express-session's to whoever uses it: ${JSON.stringify(options)}`, async (t) => {
    let now = Date.now()
    t.mock.method(Date, 'now', () => now)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const stores = [new genuine.MemoryStore(), new ours.MemoryStore(options)]
        for (const [method, ...args] of steps) {
          if (method === 'wait') {
            now += args[0]
            continue
          }
          if (args.length === 2) args[1] = session(args[1], now)
          const [expected, found] = await Promise.all(
            stores.map((store) => outcome(store, [method, ...args]))
          )
          assert.deepStrictEqual(found, expected, method)
        }
        // What has expired may still be held, until it is asked for.
        for (const store of stores) await outcome(store, ['all'])
        assert.deepStrictEqual({ ...stores[1].sessions }, { ...stores[0].sessions })
      }),
      { numRuns: 300 }
    )
  })
}
