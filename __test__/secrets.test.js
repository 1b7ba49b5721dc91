'use strict'

const assert = require('node:assert')
const { createSecretKey, generateKeyPairSync, webcrypto } = require('node:crypto')
const { test } = require('node:test')
const { createRequire } = require('node:module')
const { NoId } = require('../lib/native')
const { Secrets } = require('../lib/secrets')

// The very package that express-session signs with.
const oracle = createRequire(require.resolve('express-session'))
const cookieSignature = oracle('cookie-signature')

const bytes = Buffer.from('kéy\0')
const kinds = {
  string: 'kéy\0',
  'empty string': '',
  Buffer: bytes,
  Uint8Array: new Uint8Array(bytes),
  Uint16Array: new Uint16Array([1, 65535]),
  'DataView with an offset': new DataView(new Uint8Array([0, ...bytes]).buffer, 1),
  ArrayBuffer: new Uint8Array(bytes).buffer,
  KeyObject: createSecretKey(bytes)
}

for (const [kind, secret] of Object.entries(kinds)) {
  test(`signs and verifies as cookie-signature does, with a secret that is a ${kind}`, () => {
    const signer = new Secrets()
    const signed = cookieSignature.sign('id', secret)
    assert.strictEqual(signer.sign([secret], 'id'), `s:${signed}`)
    assert.strictEqual(signer.verify([secret], `s:${signed}`), 'id')
    assert.strictEqual(signer.verify([secret], `s:${signed}x`), NoId.Invalid)
  })
}

test('a CryptoKey is a secret too', async () => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await webcrypto.subtle.importKey('raw', bytes, algorithm, true, ['sign'])
  assert.strictEqual(new Secrets().sign([key], 'id'), `s:${cookieSignature.sign('id', bytes)}`)
})

test('what is no key fails when it is used, with the error that using it gives', () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  for (const [secret, expected] of [
    [null, { name: 'TypeError', message: 'Secret key must be provided.' }],
    [undefined, { name: 'TypeError', message: 'Secret key must be provided.' }],
    [42, { code: 'ERR_INVALID_ARG_TYPE' }],
    [{}, { code: 'ERR_INVALID_ARG_TYPE' }],
    [publicKey, { code: 'ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE' }]
  ]) {
    const signer = new Secrets()
    assert.throws(() => signer.sign([secret], 'id'), expected)
    assert.throws(() => signer.verify([secret], 's:id.signature'), expected)
    assert.strictEqual(signer.verify([secret], 'unsigned'), NoId.Unsigned)
  }
})

test('secrets before one that is no key verify, and sign', () => {
  const signer = new Secrets()
  const secrets = ['good', 42]
  const signed = `s:${cookieSignature.sign('id', 'good')}`
  assert.strictEqual(signer.sign(secrets, 'id'), signed)
  assert.strictEqual(signer.verify(secrets, signed), 'id')
  assert.throws(() => signer.verify(secrets, `${signed}x`), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('an array of secrets that is changed while the application runs counts as it is', () => {
  const signer = new Secrets()
  const secrets = ['old']
  const signedOld = signer.sign(secrets, 'id')
  secrets.unshift('new')
  assert.strictEqual(signer.sign(secrets, 'id'), `s:${cookieSignature.sign('id', 'new')}`)
  assert.strictEqual(signer.verify(secrets, signedOld), 'id')
  secrets.pop()
  assert.strictEqual(signer.verify(secrets, signedOld), NoId.Invalid)
})

test('bytes of a secret that are overwritten count as they are', () => {
  const signer = new Secrets()
  const secret = Buffer.from('before')
  signer.sign([secret], 'id')
  secret.write('behind')
  assert.strictEqual(signer.sign([secret], 'id'), `s:${cookieSignature.sign('id', 'behind')}`)
})

test('nothing that can be printed shows a secret', () => {
  const signer = new Secrets()
  signer.sign(['hidden secret'], 'id')
  const { inspect } = require('node:util')
  assert.ok(!inspect(signer, { depth: 9, showHidden: true }).includes('hidden'))
})
