'use strict'

const assert = require('node:assert')
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const native = require('../lib/native')
const { generateId } = require('../lib/session-id')
const { nativeOnly } = require('./support/engine')

const folder = join(__dirname, '../src/binding')

test('every export catches panics', () => {
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const exports = sources.flatMap((source) =>
    Array.from(source.matchAll(/#\[napi(\([^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*)*pub fn (\w+)/g))
  )
  assert.ok(exports.length >= 15, `found ${exports.length} exports`)
  for (const [, options, name] of exports) {
    assert.match(options ?? '', /\bcatch_unwind\b/, `${name} lets panics through`)
  }
})

test('arguments of a wrong kind are an error with a code, and no crash', nativeOnly, () => {
  const functions = Object.entries(native).filter(([, value]) => typeof value === 'function')
  for (const [name, call] of functions) {
    for (const args of [
      [null],
      [{}, {}, {}, {}],
      [1, 2, 3, 4],
      ['a', 'b', 'c', 'd'],
      [Symbol('s')]
    ]) {
      if (call.length === 0 && /^(create|lifecycle)/.test(name)) continue
      // Without a name or with one, and options may have any members.
      if (name === 'openMemoryStore' && [null, 'a'].includes(args[0])) continue
      // How many ids to make is a number, and what follows it is ignored.
      if (name === 'generateIds' && typeof args[0] === 'number') continue
      assert.throws(() => call(...args), { code: /^[\w]+$/ }, `${name}(${args.map(String)})`)
    }
  }
})

test('a handle of one kind is no handle of another', () => {
  const keyring = native.createKeyring([Buffer.from('secret')])
  const store = native.openMemoryStore(null, {})
  assert.throws(() => native.memoryText(keyring, 'sid', 0, true))
  assert.throws(() => native.signValue(store, 'id'))
})

test('errors of the engine have their codes', () => {
  assert.throws(() => native.serializeCookie('a b', '', false, 0), {
    code: 'ERR_SESSION_SET_COOKIE',
    message: 'argument name is invalid'
  })
  assert.throws(() => native.serializeCookie('a', '\uD800', false, 0), {
    code: 'ERR_SESSION_MALFORMED_TEXT',
    message: 'URI malformed'
  })
})

test('strings of every kind cross the boundary unchanged', () => {
  const keyring = native.createKeyring([Buffer.from('secret')])
  for (const id of ['', 'ascii', '\0', 'é', '\u{1F600}', '\uD800x\uDC00', 'x'.repeat(65536)]) {
    assert.strictEqual(native.verifyValue(keyring, native.signValue(keyring, id)), id)
  }
})

test('generated ids are 32 characters of base64url and do not repeat', () => {
  const ids = new Set(Array.from({ length: 1000 }, generateId))
  assert.strictEqual(ids.size, 1000)
  for (const id of ids) assert.match(id, /^[\w-]{32}$/)
})
