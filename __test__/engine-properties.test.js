'use strict'

// The engine's functions, through the binding, against the very packages that express-session uses.

const assert = require('node:assert/strict')
const { createRequire } = require('node:module')
const { test } = require('node:test')
const fc = require('fast-check')
const { NoId } = require('../lib/native')
const { Secrets } = require('../lib/secrets')
const { serializeCookie } = require('../lib/cookie-io')

const oracle = createRequire(require.resolve('express-session'))
const cookie = oracle('cookie')
const signature = oracle('cookie-signature')

// A stuck property ends here; usually all of them together take a fraction of it.
const LIMIT = { interruptAfterTimeLimit: 1500 }
const runs = (numRuns) => ({ ...LIMIT, numRuns })

// Code units rather than characters, so that lone surrogates occur as well.
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'aZ09-._~!*\'() \t"%=;,:/\\@[]{}|<>?&+$#^`') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\0', '\n', '\r', '\x1f', '\x7f', '\x80', '\xa0', '\xff')
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('é', '\u{1F600}', '\ud800', '\udc00', '\ufeff', '\uffff')
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }
)
const text = (maxLength = 24) => fc.array(unit, { maxLength }).map((units) => units.join(''))
const longText = fc
  .tuple(text(6), fc.integer({ min: 0, max: 65_536 }), text(6))
  .map(([start, length, end]) => `${start}${(start || 'x').repeat(length).slice(0, length)}${end}`)
const anyText = fc.oneof(
  { weight: 12, arbitrary: text() },
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: longText }
)

const secretText = fc.oneof(fc.constantFrom('', 'secret', 'kéy\0', '\ud83d'), text(12))
const secret = fc.oneof(
  secretText,
  secretText.map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 200 })
)
const secrets = fc.array(secret, { minLength: 1, maxLength: 3 })

function outcome(work) {
  try {
    return { value: work() }
  } catch (error) {
    return { threw: error.constructor, message: error.message }
  }
}

function expectedId(list, value) {
  if (!value) return NoId.Absent
  if (!value.startsWith('s:')) return NoId.Unsigned
  const ids = list.map((one) => signature.unsign(value.slice(2), one))
  return ids.find((id) => id !== false) ?? NoId.Invalid
}

// Spoils a text a little: that is where verifiers and parsers go wrong.
const spoiling = fc.oneof(
  { weight: 4, arbitrary: fc.constant((value) => value) },
  fc.nat().map((at) => (value) => value.slice(0, at % (value.length + 1))),
  fc.tuple(fc.nat(), unit).map(([at, put]) => (value) => {
    const index = at % (value.length + 1)
    return value.slice(0, index) + put + value.slice(index + 1)
  }),
  unit.map((end) => (value) => value + end),
  fc.constantFrom(
    (value) => value.toUpperCase(),
    (value) => `${value}=`,
    (value) => value.replace(/[+]/g, '-').replace(/[/]/g, '_')
  )
)

test('signs as cookie-signature does', () => {
  fc.assert(
    fc.property(secrets, anyText, (list, id) => {
      assert.strictEqual(new Secrets().sign(list, id), `s:${signature.sign(id, list[0])}`)
    }),
    runs(3000)
  )
})

test('verifies what is signed, and what is spoilt or foreign, as cookie-signature does', () => {
  fc.assert(
    fc.property(secrets, secret, anyText, fc.nat(5), spoiling, (list, other, id, by, spoil) => {
      const value = spoil(`s:${signature.sign(id, list[by] ?? other)}`)
      assert.strictEqual(new Secrets().verify(list, value), expectedId(list, value))
    }),
    runs(5000)
  )
})

test('verifies any text as cookie-signature does', () => {
  fc.assert(
    fc.property(secrets, anyText, fc.boolean(), (list, value, marked) => {
      const given = marked ? `s:${value}` : value
      assert.strictEqual(new Secrets().verify(list, given), expectedId(list, given))
    }),
    runs(3000)
  )
})

// A cookie may be called like a member of every object here, where it cannot in express-session.
const name = fc
  .oneof(fc.constantFrom('sid', 'connect.sid', 'a', ''), text(4))
  .filter((value) => !(value in Object.prototype))

const encodings = fc.constantFrom(
  encodeURIComponent,
  (value) => value,
  (value) => `"${value}"`,
  (value) => `"${encodeURIComponent(value)}"`,
  (value) => encodeURIComponent(value).replace(/%3A/gi, ':'),
  (value) => encodeURIComponent(value).toLowerCase(),
  (value) => value.replace(/[^]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
)

const encoded = (encode, value) => {
  try {
    return encode(value)
  } catch {
    return value
  }
}

// A header, and the pieces it was made of: other cookies, the wanted one, several of the same name.
const headerFor = (wanted, list) => {
  const signedPair = fc
    .tuple(fc.constantFrom(...list), fc.oneof(text(8), anyText), spoiling, encodings)
    .map(
      ([by, id, spoil, encode]) =>
        `${wanted}=${encoded(encode, spoil(`s:${signature.sign(id, by)}`))}`
    )
  const otherPair = fc.tuple(name, text(8)).map(([key, value]) => `${key}=${value}`)
  const pair = fc.oneof(
    { weight: 3, arbitrary: signedPair },
    otherPair,
    text(8),
    text(4).map((value) => `${wanted}=${value}`),
    fc.constant(wanted)
  )
  const separator = fc.constantFrom('; ', ';', ' ;\t', ',', '; ;', ' ')
  return fc
    .array(fc.tuple(pair, separator), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.flat().join(''))
}

const readingCase = fc
  .tuple(name, secrets)
  .chain(([wanted, list]) =>
    fc.tuple(fc.constant(wanted), fc.constant(list), fc.oneof(headerFor(wanted, list), anyText))
  )

test('finds the cookie of one name as cookie does, and verifies it', () => {
  const seen = new Set()
  fc.assert(
    fc.property(readingCase, ([wanted, list, header]) => {
      const expected = expectedId(list, cookie.parse(header)[wanted])
      seen.add(typeof expected === 'string' ? 'id' : expected)
      assert.strictEqual(new Secrets().readCookie(list, header, wanted), expected)
    }),
    runs(10_000)
  )
  assert.deepStrictEqual(seen, new Set(['id', NoId.Absent, NoId.Unsigned, NoId.Invalid]))
})

const odd = fc.constantFrom(undefined, null, false, true, 0, 1, -1, NaN, '', 'x', {}, [], ['/'], 1n)
const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(new Date(NaN), new Date(8.64e15), new Date(-8.64e15), new Date(-1), new Date(0)),
  fc.constantFrom(0, 'Tue, 01 Jan 2030 00:00:00 GMT', Date.now)
)
const word = (...words) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words, undefined) }, text(6), odd)

const attributes = fc.record(
  {
    maxAge: fc.oneof(fc.integer(), fc.double(), fc.constantFrom(null, '60', '1e3', 'x', Infinity)),
    expires: fc.oneof(date, odd),
    path: fc.oneof(fc.constantFrom('/', '/a b', '/;', '/é'), text(8), odd),
    domain: fc.oneof(
      fc.constantFrom(
        'example.com',
        '.example.com',
        'a..b',
        '-a.b',
        'localhost',
        `${'a'.repeat(64)}.b`
      ),
      text(8),
      odd
    ),
    priority: word('low', 'Medium', 'HIGH'),
    sameSite: word('lax', 'Strict', 'NONE', true, false),
    httpOnly: odd,
    secure: odd,
    partitioned: odd,
    encode: fc.constantFrom(
      undefined,
      null,
      'x',
      (value) => value,
      () => 'a b',
      () => 5,
      escape
    )
  },
  { requiredKeys: [] }
)
const plainAttributes = fc.record(
  {
    maxAge: fc.integer(),
    expires: date,
    path: fc.constantFrom('/', '/a'),
    domain: fc.constantFrom('example.com', undefined),
    priority: fc.constantFrom('low', 'Medium', 'HIGH', undefined),
    sameSite: fc.constantFrom('lax', 'Strict', 'NONE', true, false),
    httpOnly: fc.boolean(),
    secure: fc.boolean(),
    partitioned: fc.boolean()
  },
  { requiredKeys: [] }
)

test('writes cookies as cookie does, with the same errors', () => {
  let written = 0
  const names = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('sid', 'a') }, text(6), odd)
  const values = fc.oneof({ weight: 4, arbitrary: text(8) }, anyText, odd)
  const some = fc.oneof(plainAttributes, attributes, fc.constantFrom(undefined, null))
  fc.assert(
    fc.property(names, values, some, (key, value, given) => {
      const expected = outcome(() => cookie.serialize(key, value, given))
      if (expected.value !== undefined) written++
      assert.deepStrictEqual(
        outcome(() => serializeCookie(key, value, given)),
        expected
      )
    }),
    runs(12_000)
  )
  assert.ok(written > 100, `only ${written} cookies could be written`)
})

test('reads back what it wrote', () => {
  fc.assert(
    fc.property(secrets, anyText, plainAttributes, (list, id, given) => {
      const signed = new Secrets().sign(list, id)
      const { value } = outcome(() => serializeCookie('sid', signed, given))
      if (value === undefined) return
      assert.strictEqual(new Secrets().readCookie(list, value, 'sid'), id)
    }),
    runs(2000)
  )
})
