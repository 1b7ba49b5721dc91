'use strict'

const fc = require('fast-check')

// Values are generated as descriptions, tagged lists of JSON, and made anew for each provider: a
// shrunk scenario can be read, and no provider sees what the other has changed.

const tagged = (tag, ...args) => fc.tuple(fc.constant(tag), ...args)
const pick = (...values) => fc.constantFrom(...values)
const weighted = (...pairs) =>
  fc.oneof(...pairs.map(([weight, arbitrary]) => ({ weight: weight * 10, arbitrary })))

const TEXTS = [
  'tobi',
  '',
  ' ',
  'é',
  '\u{1F600}',
  '\ud800',
  '\udc00x',
  '"\\\n\0',
  '\u2028',
  '__proto__',
  '1',
  '2030-01-01T12:00:00.250Z'
]

const text = weighted([8, pick(...TEXTS)], [1, fc.string({ unit: 'binary', maxLength: 12 })])

const NUMBERS = [0, 1, -1, 1.5, 1e21, 2 ** 53]
const ODD_NUMBERS = ['NaN', 'Infinity', '-Infinity', '-0']

const scalar = weighted(
  [8, tagged('text', text)],
  [4, tagged('number', pick(...NUMBERS))],
  [1, tagged('odd number', pick(...ODD_NUMBERS))],
  [2, tagged('plain', pick(true, false, null))],
  [1, tagged('undefined')],
  [2, tagged('date', pick(0, 1893499200250, -1, 8.64e15))],
  [1, tagged('invalid date')]
)

const exotic = weighted(
  [1, tagged('repeated', pick('x', 'é', '\ud800'), pick(10, 5000, 70_000))],
  [1, tagged('json', pick('{"__proto__":{"a":1}}', '{"10":1,"9":2,"b":3,"1":4}', '[1,[2]]'))],
  [1, tagged('toJSON', scalar)],
  [1, tagged('throwing toJSON')],
  [1, tagged('bigint')],
  [1, tagged('symbol')],
  [1, tagged('function', scalar)],
  [1, tagged('circular')],
  [1, tagged('map')],
  [1, tagged('buffer')],
  [1, tagged('boxed', pick('text', 1, true))],
  [1, tagged('instance')],
  [1, tagged('getter', scalar)],
  [1, tagged('no prototype')],
  [1, tagged('holes')],
  [1, tagged('cookie')],
  [1, tagged('session')]
)

const member = fc.tuple(pick('a', 'b', '2', '1', 'cookie', 'toJSON'), scalar)
const value = weighted(
  [6, scalar],
  [2, tagged('object', fc.array(member, { maxLength: 3 }))],
  [1, tagged('array', fc.array(scalar, { maxLength: 3 }))],
  [2, exotic]
)

class Instance {
  own = 1
  get derived() {
    return 2
  }
}

const MAKERS = {
  text: (given) => given,
  number: (given) => given,
  'odd number': Number,
  plain: (given) => given,
  undefined: () => undefined,
  date: (ms) => new Date(ms),
  'invalid date': () => new Date(NaN),
  repeated: (unit, times) => unit.repeat(times),
  json: (given) => JSON.parse(given),
  toJSON: (inner) => {
    const result = make(inner)
    return { a: 1, toJSON: () => result }
  },
  'throwing toJSON': () => ({
    toJSON() {
      throw new Error('toJSON throws')
    }
  }),
  bigint: () => 5n,
  symbol: () => Symbol('value'),
  function: (inner) => {
    const result = make(inner)
    return function given() {
      return result
    }
  },
  circular: () => {
    const object = { a: {} }
    object.a.back = object
    return object
  },
  map: () => new Map([['a', 1]]),
  buffer: () => Buffer.from('bytes'),
  boxed: (inner) => Object(inner),
  instance: () => new Instance(),
  getter: (inner) => {
    const result = make(inner)
    return Object.defineProperty({}, 'computed', { enumerable: true, get: () => result })
  },
  'no prototype': () => Object.assign(Object.create(null), { a: 1 }),
  holes: () => Object.assign([], { 1: 'one', extra: 2 }),
  cookie: (req) => req?.session?.cookie,
  session: (req) => req?.session,
  object: (members, req) =>
    Object.fromEntries(members.map(([key, inner]) => [key, make(inner, req)])),
  array: (items, req) => items.map((item) => make(item, req))
}

function make(description, req) {
  const [tag, ...args] = description
  return MAKERS[tag](...args, req)
}

module.exports = { make, pick, scalar, tagged, text, value, weighted }
