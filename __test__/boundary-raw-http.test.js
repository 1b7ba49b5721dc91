'use strict'

const assert = require('node:assert')
const { test } = require('node:test')
const { rawHttp } = require('./hardening/raw-http')

// `node scripts/raw-http.mjs` does the same for as long as one likes.
test('under generated raw HTTP every client only ever sees its own data', async () => {
  const { requests, refused, aborted } = await rawHttp({ requests: 6000, seed: 42 })
  assert.ok(requests >= 6000 && refused > 20 && aborted > 50)
})
