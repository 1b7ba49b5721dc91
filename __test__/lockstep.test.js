'use strict'

// A bounded run of the generated comparison; `npm run test:lockstep` plays as many scenarios as wanted.

const assert = require('node:assert/strict')
const { join } = require('node:path')
const { execFile } = require('node:child_process')
const { test } = require('node:test')
const { promisify } = require('node:util')

const child = join(__dirname, 'lockstep/child.js')

// A process each: a scenario's traps catch every error of the process they are in.
async function played(settings) {
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(settings)])
  return JSON.parse(stdout)
}

test('generated scenarios make no difference to express-session', async () => {
  // Another seed each day would be a test that fails by the calendar.
  const { runs, failure } = await played({ seed: 20_261_125, runs: 2000, limit: 8000 })
  assert.equal(failure, undefined)
  assert.ok(runs > 100, `only ${runs} scenarios were played`)
})

test('the comparison sees what differs', async () => {
  for (const [spoilt, seen] of [
    ['cookie', /\\?"secure\\?":true/],
    ['save', /"set"/],
    ['touch', /theirs:/]
  ]) {
    const { failure } = await played({ seed: 1, runs: 3000, limit: 15_000, spoilt })
    assert.match(failure ?? 'no difference', seen, spoilt)
  }
})
