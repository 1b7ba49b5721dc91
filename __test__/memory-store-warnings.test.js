'use strict'

// The warnings about a MemoryStore in production are true of the store.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const { promisify } = require('node:util')
const { engine, nativeOnly } = require('./support/engine')

const root = join(__dirname, '..')

/** What a process with this environment warns of, with a store of these options; `null` for no option. */
async function warnings(options, env = {}) {
  const program = `
    const session = require(${JSON.stringify(root)})
    const options = ${JSON.stringify(options)}
    const store = options && new session.MemoryStore(options)
    session({ secret: 's', resave: false, saveUninitialized: false, ...(store && { store }) })`
  const { NODE_APP_INSTANCE: _instance, instances: _instances, ...others } = process.env
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', program], {
    env: { ...others, NODE_ENV: 'production', ...env }
  })
  return stderr
}

const UNBOUNDED = /a MemoryStore without bounds in production/
const SEVERAL = /a MemoryStore in one of several processes/
const KEPT = /those without an expiry are kept/

for (const options of [null, {}, ...(engine === 'native' ? [{ name: 'app' }] : [])]) {
  test(`there is one for a store without bounds: ${JSON.stringify(options)}`, async () => {
    const found = await warnings(options)
    assert.match(found, UNBOUNDED)
    assert.match(found, KEPT)
    assert.match(found, /Options of MemoryStore: maxSessions, maxBytes, ttl\./)
    assert.doesNotMatch(found, SEVERAL)
  })
}

test('it does not say that sessions are kept which a ttl ends', async () => {
  const found = await warnings({ ttl: 5000 })
  assert.match(found, UNBOUNDED)
  assert.doesNotMatch(found, KEPT)
  assert.match(found, /Options of MemoryStore: maxSessions, maxBytes\./)
})

test('there is none with bounds, nor outside of production', nativeOnly, async () => {
  assert.equal(await warnings({ maxSessions: 5 }), '')
  assert.equal(await warnings({ maxBytes: 1e6, name: 'app' }), '')
  assert.equal(await warnings({}, { NODE_ENV: 'test' }), '')
})

test('there is one for each of several processes', async () => {
  const bounded = { maxSessions: 5 }
  assert.match(await warnings(bounded, { NODE_APP_INSTANCE: '1', instances: '4' }), SEVERAL)
  assert.match(await warnings(bounded, { NODE_APP_INSTANCE: '0' }), SEVERAL)
  assert.equal(await warnings(bounded, { NODE_APP_INSTANCE: '0', instances: '1' }), '')
  assert.equal(await warnings(bounded, { NODE_APP_INSTANCE: '1', NODE_ENV: 'test' }), '')
})

test('a worker of a cluster warns', async () => {
  const program = `
    const cluster = require('cluster')
    if (cluster.isPrimary) {
      cluster.setupPrimary({ exec: process.argv[1] })
      cluster.fork()
      return
    }
    const session = require(${JSON.stringify(root)})
    const store = new session.MemoryStore({ maxSessions: 5 })
    session({ secret: 's', resave: false, saveUninitialized: false, store })
    process.exit()`
  const folder = mkdtempSync(join(tmpdir(), 'cluster-'))
  try {
    const file = join(folder, 'app.js')
    writeFileSync(file, program)
    const { stderr } = await promisify(execFile)(process.execPath, [file], {
      env: { ...process.env, NODE_ENV: 'production' }
    })
    assert.match(stderr, SEVERAL)
    assert.doesNotMatch(stderr, UNBOUNDED)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
