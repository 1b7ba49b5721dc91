'use strict'

const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')

const MEGABYTE = 2 ** 20

/** What a script in this folder prints, with a garbage collector to call. */
async function printed(script, ...args) {
  const file = join(__dirname, 'hardening', script)
  const options = { timeout: 300_000 }
  return (await promisify(execFile)(process.execPath, ['--expose-gc', file, ...args], options))
    .stdout
}

test('garbage collected in the middle of native calls leaves everything as it was', async () => {
  const [, times] = /^collected (\d+) times\n$/.exec(await printed('gc-pressure.js'))
  assert.ok(Number(times) > 400)
})

test('sessions that are created and destroyed leave no memory behind', async () => {
  const { length, memory } = JSON.parse(await printed('leak.js', '--sessions', '200000'))
  assert.strictEqual(length, 0)
  // Newer versions of V8 let the space for young objects grow by up to 90 MB in the first 48 000 sessions.
  const settled = memory.slice(4)
  const growth = (key) => (settled.at(-1)[key] - settled[0][key]) / MEGABYTE
  // 100 000 sessions of more than 500 bytes each: 50 MB if they stayed.
  assert.ok(growth('rss') < 15, `resident memory has grown by ${growth('rss')} MB`)
  assert.ok(growth('heapUsed') < 1, `the heap has grown by ${growth('heapUsed')} MB`)
})

test('ids that an application keeps do not keep the data, and a store that was replaced is freed', async () => {
  const { ids, heap, isGone } = JSON.parse(await printed('kept-alive.js'))
  assert.strictEqual(ids, 1000)
  // All the data are 40 MB.
  assert.ok(heap < 4, `the heap has grown by ${heap} MB`)
  assert.ok(isGone)
})
