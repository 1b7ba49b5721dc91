'use strict'

const assert = require('node:assert')
const { test } = require('node:test')
const { HEADERS, LARGEST, ours, theirs } = require('./hardening/header-cost')
const { Random } = require('./hardening/random')
const { cookieHeader } = require('./parity/signature')

const SECRETS = ['newest', 'keyboard cat']

// What they cost is told by `node __test__/hardening/header-cost.js`.
for (const [name, header] of Object.entries(HEADERS)) {
  test(`an expensive Cookie header is read as by express-session: ${name}`, () => {
    assert.ok(header.length <= LARGEST, `${header.length}`)
    assert.strictEqual(ours(header, SECRETS), theirs(header, SECRETS))
  })
}

test('among those headers are some with a valid cookie, and some without', () => {
  const found = Object.values(HEADERS).map((header) => ours(header, SECRETS))
  assert.ok(found.filter((id) => id === 'id').length >= 5)
  assert.ok(found.filter((id) => id === undefined).length >= 5)
})

test('generated headers up to the size that Node takes are read as by express-session', () => {
  const random = new Random(2024)
  const valid = cookieHeader('id')
  const separators = ['connect.sid', '=', ';', ' ', '\t', '"', '%', '.', 'x', '\0', '\u00e9', ';;']
  const values = [
    '%3A',
    '%E2%82%AC',
    '%F0',
    's:',
    's%3A',
    'a=1;',
    valid.slice(0, 40),
    valid.slice(40)
  ]
  const pieces = separators.concat(values, valid, `${valid}; `)
  let longest = 0
  let found = 0
  for (let n = 0; n < 3000; n++) {
    let header = ''
    const size = random.oneIn(20) ? LARGEST : random.below(300)
    while (header.length < size) header += random.pick(pieces)
    longest = Math.max(longest, header.length)
    const id = ours(header || 'x', SECRETS)
    assert.strictEqual(id, theirs(header || 'x', SECRETS), JSON.stringify(header))
    if (id) found++
  }
  assert.ok(longest >= LARGEST && found > 100, `${longest} bytes, ${found} found`)
})
