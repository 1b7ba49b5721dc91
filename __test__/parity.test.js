'use strict'

const assert = require('node:assert/strict')
const { readdirSync } = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const { perform } = require('./parity/perform')
const { chosen } = require('./parity/provider')

// Deprecations are compared in child processes; here they would only fill the terminal.
process.on('deprecation', () => {})

// Date.now is set per case, so cases cannot run side by side.
/* oxlint-disable no-await-in-loop */

const CASES = join(__dirname, 'parity', 'cases')

async function compare(file, index, testCase) {
  const recordings = []
  for (const name of chosen()) {
    const recording = await perform(name, file, index, testCase)
    testCase.expect(recording)
    recordings.push(recording)
  }
  if (recordings.length < 2) return
  const [genuine, ours] = recordings
  if (testCase.compare) testCase.compare(genuine, ours)
  else assert.deepStrictEqual(ours, genuine)
}

for (const file of readdirSync(CASES).toSorted()) {
  describe(file.replace(/\.js$/, '').replaceAll('-', ' '), () => {
    require(join(CASES, file)).forEach((testCase, index) => {
      test(testCase.name, { timeout: 30_000 }, () => compare(file, index, testCase))
    })
  })
}
