'use strict'

// Tries sessions on the runtime that runs this file, be it Node, Bun or Deno: real servers, each
// store in Rust and one in JavaScript, and express-session next to them as the measure.
//
//   node smoke.js, bun smoke.js, deno run -A smoke.js
//
// Prints what holds, and ends with code 1 if anything does not. It has to end by itself: a timer of a
// store that kept the process alive would show here.

const assert = require('node:assert/strict')
const genuine = require('express-session')
const session = require('../..')
const { atFixedTime } = require('../../__test__/parity/clock')
const { alone } = require('./alone')
const { both, toolsOf } = require('./both')
const { kinds } = require('./stores')

const runtime = nameOfRuntime()
let held = 0
let failed = 0

function nameOfRuntime() {
  const { bun, deno, node } = process.versions
  if (bun) return `Bun ${bun}`
  return deno ? `Deno ${deno}` : `Node ${node}`
}

async function holds(title, check) {
  try {
    await atFixedTime(check)
    held += 1
    console.log(`holds  ${title}`)
  } catch (error) {
    failed += 1
    console.log(`FAILS  ${title}`)
    console.log(error)
  }
}

/** What a check sees of one of the packages. */
async function seenBy(provider, kind, check) {
  const seen = []
  await atFixedTime((clock) => check(toolsOf(provider, kind(provider), clock, seen)))
  return seen
}

async function main() {
  for (const [store, kind] of Object.entries(kinds)) {
    for (const [title, check] of Object.entries(both)) {
      // Clocks are stopped for one check at a time.
      // oxlint-disable-next-line no-await-in-loop
      await holds(`${title} (${store})`, async () => {
        const expected = await seenBy(genuine, kind, check)
        const actual = await seenBy(session, kind, check)
        assert.notEqual(expected.length, 0)
        assert.deepEqual(actual, expected)
      })
    }
  }
  for (const [title, check] of Object.entries(alone)) {
    // oxlint-disable-next-line no-await-in-loop
    await holds(title, (clock) => check({ clock }))
  }
  console.log(`${held} of ${held + failed} checks hold on ${runtime}`)
  if (failed > 0 || held === 0) process.exitCode = 1
}

// An unhandled error ends the process; a promise that is never settled ends it early.
process.on('exit', () => {
  const all = Object.keys(kinds).length * Object.keys(both).length + Object.keys(alone).length
  if (held + failed < all) {
    console.log(`Only ${held + failed} of ${all} checks came to an end on ${runtime}`)
    process.exitCode = 1
  }
})

main()
