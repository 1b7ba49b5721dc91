'use strict'

const assert = require('node:assert')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const { lifecycleTable } = require('./support/lifecycle-table')

const recorded = readFileSync(join(__dirname, '../tests/lifecycle_oracle.txt'), 'utf8')

test('the table that the Rust engine is tested with is what express-session does today', () => {
  assert.strictEqual(lifecycleTable(require('express-session')), recorded)
})

test('the middleware does the same in every situation of that table', () => {
  assert.strictEqual(lifecycleTable(require('..')), recorded)
})
