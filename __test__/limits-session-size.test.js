'use strict'

const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { onBoth } = require('./hardening/beside-oracle')

const script = join(__dirname, 'hardening', 'huge-session.js')

async function outcome(name) {
  const options = { timeout: 240_000, maxBuffer: 2 ** 20 }
  const { stdout } = await promisify(execFile)(process.execPath, [script, name], options)
  return JSON.parse(stdout)
}

test('a session of any size is kept, or refused with an error and the old one kept', async () => {
  const [theirs, ours] = await onBoth(outcome)
  assert.deepStrictEqual(ours, theirs)

  const [one, ten, tooMuch] = ours
  assert.strictEqual(one.found, 'size=1 list=1')
  assert.strictEqual(ten.found, 'size=10 list=10')
  // V8 has no string of 2^29 characters.
  const errors = tooMuch.journal.filter(([, error]) => error?.startsWith?.('RangeError'))
  assert.deepStrictEqual(errors, [
    ['application threw', 'RangeError: Invalid string length'],
    ['next', 'RangeError: Invalid string length']
  ])
  assert.strictEqual(tooMuch.found, 'size=10 list=10')
})
