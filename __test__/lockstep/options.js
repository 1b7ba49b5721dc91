'use strict'

const { createSecretKey } = require('node:crypto')
const fc = require('fast-check')
const { make, pick, scalar, tagged, text, weighted } = require('./values')

const secret = weighted(
  [8, tagged('text', pick('keyboard cat', 'old', 'é\0', '\ud83d'))],
  [2, tagged('bytes', pick('keyboard cat', 'old'))],
  [1, tagged('key object', pick('keyboard cat', 'old'))]
)
const oddSecret = pick(['text', ''], ['number', 5], ['undefined'], ['plain', null], ['map'])
const secrets = weighted(
  [6, secret],
  [3, tagged('list', fc.array(secret, { minLength: 1, maxLength: 3 }))],
  [0.5, tagged('list', fc.array(fc.oneof(secret, oddSecret), { maxLength: 3 }))],
  [0.5, oddSecret]
)

const SECRETS = {
  bytes: (given) => Buffer.from(given),
  'key object': (given) => createSecretKey(Buffer.from(given)),
  list: (given) => given.map(makeSecret)
}

function makeSecret(description) {
  const [tag, ...args] = description
  return SECRETS[tag] ? SECRETS[tag](...args) : make(description)
}

// Names of members of every object are a documented difference, hence none of them.
const name = weighted(
  [8, tagged('text', pick('sid', 'connect.sid', 'a'))],
  [1, tagged('text', pick('', 'a b', 'ü', 'x=y', 'a;b', '"a"', '\u{1F600}', '!#$%&*', '%20'))],
  [0.4, pick(['text', '5'], ['number', 5], ['plain', true])]
)

const maxAge = weighted(
  [5, tagged('number', pick(60_000, 1000, 0, -1, 1.5, 1))],
  [1, tagged('number', pick(2 ** 31, 1e15, 8.64e15, 1e300, -1e15))],
  [1, tagged('odd number', pick('NaN', 'Infinity', '-Infinity', '-0'))],
  [1, pick(['plain', null], ['undefined'], ['plain', false], ['text', '60'], ['text', ''])],
  [1, tagged('date', pick(0, 1893499260250))],
  [0.2, tagged('invalid date')]
)
const expires = weighted(
  [4, tagged('date', pick(0, 1893499260250, 1893499200250, 8.64e15, -1))],
  [1, tagged('invalid date')],
  [1, pick(['plain', null], ['plain', false], ['undefined'], ['number', 0], ['number', 1])],
  [1, tagged('text', pick('2030-01-01T12:01:00.250Z', 'never', ''))]
)
const flag = weighted(
  [6, tagged('plain', pick(true, false))],
  [1, pick(['undefined'], ['plain', null], ['number', 0], ['number', 1], ['text', 'x'])]
)
const path = weighted(
  [6, tagged('text', pick('/', '/admin', '/admin/', '/a b'))],
  [2, tagged('text', pick('', 'admin', '/a;b', '/é', '/\n', '?'))],
  [1, pick(['undefined'], ['plain', null], ['number', 5], ['plain', true])]
)
const domain = weighted(
  [4, tagged('text', pick('example.com', '.example.com', 'localhost'))],
  [2, tagged('text', pick('', 'a..b', 'a;b', '-a', 'é.com'))],
  [1, pick(['undefined'], ['plain', null], ['number', 5])]
)
const sameSite = weighted(
  [5, pick(['text', 'lax'], ['text', 'Strict'], ['text', 'NONE'], ['plain', true])],
  [1, pick(['plain', false], ['undefined'], ['text', 'bogus'], ['text', ''], ['number', 1])]
)
const priority = weighted(
  [5, tagged('text', pick('low', 'Medium', 'HIGH'))],
  [1, pick(['undefined'], ['text', 'bogus'], ['plain', null], ['number', 1])]
)

// What a cookie can be given, as an option or later as a property of `req.session.cookie`.
const cookieMember = weighted(
  [4, fc.tuple(pick('maxAge'), maxAge)],
  [3, fc.tuple(pick('expires'), expires)],
  [3, fc.tuple(pick('secure', 'httpOnly', 'partitioned'), flag)],
  [2, fc.tuple(pick('path'), path)],
  [1, fc.tuple(pick('domain'), domain)],
  [2, fc.tuple(pick('sameSite'), sameSite)],
  [1, fc.tuple(pick('priority'), priority)],
  [1, fc.tuple(pick('originalMaxAge'), maxAge)],
  [0.5, fc.tuple(pick('_expires'), expires)],
  [0.5, fc.tuple(pick('extra', 'data', 'signed', 'encode', 'toJSON', 'serialize'), scalar)]
)
const auto = fc.tuple(pick('secure', 'sameSite'), tagged('text', pick('auto')))
const members = fc.array(cookieMember, { maxLength: 4 })
const membersOrAuto = fc.array(weighted([4, cookieMember], [1, auto]), { maxLength: 4 })

const cookie = weighted(
  [3, tagged('undefined')],
  [6, tagged('object', membersOrAuto)],
  [1, tagged('inherited', membersOrAuto)],
  // 'auto' in what a function gives is a documented difference.
  [2, tagged('function', tagged('object', members))],
  [0.3, tagged('function', pick(['undefined'], ['plain', null], ['text', 'x'], ['number', 5]))],
  [0.3, pick(['text', 'x'], ['number', 5], ['plain', true])]
)

const genid = weighted(
  [12, tagged('counting')],
  [2, tagged('texts', fc.array(text, { minLength: 1, maxLength: 3 }))],
  [1, tagged('texts', pick(['a.b', 'a;b'], ['x'.repeat(5000)], ['s:a', 'j:{}'], ['known']))],
  [1, tagged('value', weighted([3, scalar], [1, pick(['symbol'], ['map'], ['bigint'])]))],
  [0.3, tagged('throws')],
  [0.1, tagged('no function')]
)

const options = fc.record(
  {
    secret: secrets,
    name: weighted([3, tagged('undefined')], [2, name]),
    key: weighted([5, tagged('undefined')], [1, name]),
    cookie,
    genid,
    proxy: pick(['undefined'], ['plain', true], ['plain', false], ['text', 'yes']),
    resave: weighted([5, flag], [1, tagged('undefined')]),
    saveUninitialized: weighted([5, flag], [1, tagged('undefined')]),
    rolling: weighted([2, tagged('undefined')], [2, flag]),
    unset: weighted(
      [4, pick(['undefined'], ['text', 'destroy'], ['text', 'keep'])],
      [0.2, pick(['text', ''], ['text', 'bogus'], ['plain', null])]
    )
  },
  { noNullPrototype: true }
)

function makeMembers(given) {
  const made = {}
  for (const [key, description] of given) made[key] = make(description)
  return made
}

// Whatever the request is: a copy of one has nothing to tell it by.
const named = (arg) => (typeof arg === 'object' && arg !== null ? '<request>' : arg)

function makeCookie([tag, inner], journal) {
  if (tag === 'object') return makeMembers(inner)
  if (tag === 'inherited') return Object.create(makeMembers(inner))
  if (tag !== 'function') return make([tag, inner])
  return (...args) => {
    journal.add('option', 'cookie', ...args.map(named))
    return makeCookie(inner, journal)
  }
}

function makeGenid([tag, inner], journal) {
  let calls = 0
  const next = () => {
    calls++
    if (tag === 'counting') return `id${calls}`
    if (tag === 'texts') return inner[(calls - 1) % inner.length]
    if (tag === 'value') return make(inner)
    throw new Error('genid throws')
  }
  if (tag === 'no function') return 'no function'
  return (...args) => {
    journal.add('option', 'genid', ...args.map(named))
    return next()
  }
}

function makeOptions(given, journal) {
  const { cookie: cookieGiven, genid: genidGiven, secret: secretGiven, ...rest } = given
  const made = {
    secret: makeSecret(secretGiven),
    cookie: makeCookie(cookieGiven, journal),
    genid: makeGenid(genidGiven, journal)
  }
  for (const key of Object.keys(rest)) made[key] = make(rest[key])
  return made
}

module.exports = { cookieMember, makeMembers, makeOptions, makeSecret, members, options, secret }
