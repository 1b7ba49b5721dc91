'use strict'

const assert = require('node:assert')
const { spawnSync } = require('node:child_process')
const { before, test } = require('node:test')
const { buildPanicProbe } = require('./hardening/panic-probe')

let library
before(() => {
  library = buildPanicProbe()
})

/** Runs a script in a Node of its own, with the library as `native`. */
function run(script) {
  const load = `
    const probe = { exports: {} }
    process.dlopen(probe, ${JSON.stringify(library)})
    const native = probe.exports
  `
  const options = { encoding: 'utf8', timeout: 60_000 }
  return spawnSync(process.execPath, ['-e', load + script], options)
}

test('a panic in the native library is an exception that can be caught', () => {
  const { status, signal, stdout } = run(`
    try { native.panicProbe() } catch (error) {
      console.log(error instanceof Error, error.code, error.message)
    }
    console.log('still here')
  `)
  assert.deepStrictEqual([status, signal], [0, null])
  assert.match(stdout, /^true \w+ .*the panic probe was called.*\nstill here\n$/)
})

test('a panic that nobody catches ends Node as an exception does, and not by a signal', () => {
  const { status, signal, stderr } = run('native.panicProbe()')
  assert.deepStrictEqual([status, signal], [1, null])
  assert.match(stderr, /Error: .*the panic probe was called/)
})

test('a store that was in use when something panicked keeps working, and so does all the rest', () => {
  const { status, stdout, stderr } = run(`
    const store = native.openMemoryStore(null, {})
    const keyring = native.createKeyring([Buffer.from('secret')])
    const set = (id, text) => native.memorySet(store, id, text, -1, NaN, NaN, NaN, 1, 0)
    set('before', '{"n":1}')
    let caught = 0
    for (let n = 0; n < 1000; n++) {
      try { native.panicProbeWithStore(store) } catch { caught++ }
      set('sid' + n, '{}')
    }
    console.log(JSON.stringify([
      caught,
      native.memoryText(store, 'before', 0, true),
      native.memoryLength(store, 0),
      native.verifyValue(keyring, native.signValue(keyring, 'id'))
    ]))
  `)
  assert.strictEqual(status, 0, stderr)
  assert.deepStrictEqual(JSON.parse(stdout), [1000, '{"n":1}', 1001, 'id'])
})

test('a panic in a worker thread is an exception in that thread', () => {
  const { status, stdout, stderr } = run(`
    const { Worker } = require('node:worker_threads')
    const worker = new Worker(\`
      const probe = { exports: {} }
      process.dlopen(probe, ${JSON.stringify(library)})
      probe.exports.panicProbe()
    \`, { eval: true })
    worker.on('error', (error) => console.log('worker:', error.message))
    worker.on('exit', (code) => console.log('ended with', code))
  `)
  assert.strictEqual(status, 0, stderr)
  assert.match(stdout, /^worker: .*the panic probe was called.*\nended with 1\n$/)
})

test('the library that is published has no export that panics', () => {
  const native = require('../lib/native')
  assert.deepStrictEqual(
    Object.keys(native).filter((name) => /panic/i.test(name)),
    []
  )
  assert.strictEqual(typeof native.memoryText, 'function')
})
