'use strict'

// The code of docs/memory-store.md and docs/store-contract.md, as printed.

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const express = require('express')
const session = require('..')
const testing = require('../testing')
const { cookieOf, request, serving } = require('./support/server')

const blocksOf = (page) => {
  const text = readFileSync(join(__dirname, '..', 'docs', page), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)
}

const PACKAGES = {
  'express-session-native': session,
  'express-session-native/testing.js': testing,
  'node:test': { describe: (_, suite) => suite(), it: () => {} }
}
const load = (name) => {
  assert.ok(name in PACKAGES, name)
  return PACKAGES[name]
}

const AsyncFunction = (async () => {}).constructor

test('docs/memory-store.md runs as printed', async () => {
  const blocks = blocksOf('memory-store.md')
  assert.equal(blocks.length, 3)
  const lines = []
  const timers = []
  const console = { log: (...args) => lines.push(args), warn: (line) => lines.push(line) }
  const setInterval = (callback) => {
    timers.push(callback)
    return { unref() {} }
  }
  const app = express()
  const run = new AsyncFunction(
    'require',
    'app',
    'console',
    'setInterval',
    'visit',
    `${blocks[0]}\n${blocks[1]}\nawait visit(store)\n${blocks[2]}`
  )
  await run(load, app, console, setInterval, async (store) => {
    app.get('/', (req, res) => {
      req.session.user ??= 'tobi'
      res.send(req.sessionID)
    })
    await serving(app, async (port) => {
      const first = await request(port)
      const again = await request(port, { cookie: cookieOf(first) })
      assert.equal(again.body, first.body)
      lines.push(first.body)
    })
    assert.equal(store.listenerCount('evict'), 1)
    timers.forEach((callback) => callback())
  })
  const [sid, [stats], entry, id] = lines
  assert.equal(stats.sessions, 1)
  assert.deepEqual([entry, id], [[sid, 'tobi'], [sid]])
})

test('docs/store-contract.md runs as printed', () => {
  const [code, ...others] = blocksOf('store-contract.md')
  assert.equal(others.length, 0)
  // eslint-disable-next-line no-new-func -- the code is ours
  new Function('require', code)(load)
})
