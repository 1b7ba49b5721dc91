'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning, storedSession } = require('../site')
const { TIMINGS } = require('../stores')

class Point {
  constructor(x) {
    this.x = x
  }
  get double() {
    return this.x * 2
  }
}

const VALUES = {
  date: new Date(1.9e12),
  'invalid date': new Date(NaN),
  undefined: undefined,
  null: null,
  function: () => {},
  symbol: Symbol('s'),
  NaN,
  infinite: -Infinity,
  'minus zero': -0,
  'small number': 5e-324,
  'large number': 1.7976931348623157e308,
  'exponent number': 1e21,
  'unsafe integer': 2 ** 53 + 2,
  fraction: 0.1 + 0.2,
  'boxed number': Object(7),
  'boxed text': Object('text'),
  'boxed boolean': Object(false),
  map: new Map([['a', 1]]),
  set: new Set([1]),
  'regular expression': /x/g,
  buffer: Buffer.from('bytes'),
  'typed array': new Uint8Array([1, 2]),
  'sparse array': [1, , 3], // oxlint-disable-line no-sparse-arrays
  'array with everything': [undefined, null, () => {}, NaN, new Date(0), [[]], { a: undefined }],
  'array with properties': Object.assign([1], { extra: true }),
  'integer-like keys': { b: 1, 10: 'ten', 2: 'two', '01': 'text', '-1': 'minus', a: 2 },
  'odd keys': { '': 1, ' ': 2, 'a"b': 3, 'é\n': 4, '\ud800': 5, '\u2028': 6 },
  'control characters': Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).join(
    ''
  ),
  'quotes and slashes': '"\\/\u007f\u0080\u2028\u2029',
  'lone high surrogate': 'a\ud83db',
  'lone low surrogate': '\ude00',
  'swapped surrogates': '\ude00\ud83d',
  'paired surrogates': '🙂',
  'latin1 text': 'é\u00ff',
  'big text': 'x'.repeat(200_000),
  'big non-ASCII text': 'é€🙂'.repeat(20_000),
  'deep nesting': Array.from({ length: 500 }).reduce((inner) => ({ inner }), 'deepest'),
  'many keys': Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i])),
  class: new Point(4),
  'null prototype': Object.assign(Object.create(null), { a: 1 }),
  inherited: Object.create({ a: 1 }, { own: { value: 2, enumerable: true } }),
  'own __proto__': JSON.parse('{"__proto__":{"a":1}}'),
  'a getter': {
    get now() {
      return 'computed'
    }
  },
  'toJSON text': { toJSON: () => 'json' },
  'toJSON undefined': { toJSON: () => undefined },
  'toJSON by key': { toJSON: (key) => `key ${key}` },
  'toJSON this': {
    inner: 5,
    toJSON() {
      return { of: this.inner }
    }
  },
  'toJSON no function': { toJSON: 'text' },
  'a cookie inside': { cookie: { path: '/' }, nested: { cookie: 'kept' } },
  'a proxy': new Proxy({ a: 1 }, {})
}

const UNWRITABLE = {
  circular() {
    const value = { name: 'loop' }
    value.self = value
    return value
  },
  bigint: () => 1n,
  'a throwing toJSON': () => ({
    toJSON() {
      throw new RangeError('no JSON')
    }
  }),
  'a throwing getter': () => ({
    get broken() {
      throw new RangeError('no value')
    }
  })
}

const WAYS = {
  'as a property': (sess, value) => (sess.value = value),
  'within an object': (sess, value) => (sess.outer = { list: [value], value }),
  'as a toJSON result': (sess, value) => {
    sess.toJSON = () => ({ cookie: sess.cookie, replaced: value })
  }
}

async function store(session, value, way, timing) {
  const site = open(session, {
    options: { saveUninitialized: false },
    store: { timing, data: { known: storedSession({ views: 1 }) } }
  })
  const handle = (req, res) => {
    WAYS[way](req.session, value)
    res.end('stored')
  }
  const first = await site.visit({ handle })
  const second = await site.visit(
    returning('id1', {
      handle(req, res, log) {
        log.add('read', JSON.stringify(req.session))
        res.end('read')
      }
    })
  )
  return { first, second, contents: site.contents() }
}

// What the session is when JSON asks: how often, and with which keys.
function counting(session, change) {
  const calls = { toJSON: 0, getter: 0 }
  const counted = {
    toJSON() {
      calls.toJSON++
      return 'counted'
    }
  }
  const site = open(session, { store: { data: { known: storedSession({ views: 1 }) } } })
  const handle = (req, res) => {
    req.session.counted = counted
    req.session.getting = {
      get it() {
        calls.getter++
        return 1
      }
    }
    change(req)
    res.end()
  }
  return site.visit(returning('known', { handle })).then(() => calls)
}

module.exports = [
  ...Object.entries(VALUES).flatMap(([label, value]) =>
    Object.keys(WAYS).map((way) => ({
      name: `session data is stored and noticed alike: ${label}, ${way}`,
      run: (session) => store(session, value, way, 'sync'),
      expect({ first, second, contents }) {
        assert.ok(first.body.includes('stored'))
        const written = JSON.stringify({ value }) !== '{}' || way !== 'as a property'
        assert.equal('id1' in contents, written)
        assert.equal(setCookies(first).length, written ? 1 : 0)
        assert.ok(second.body.includes('read'))
      }
    }))
  ),
  ...Object.entries(UNWRITABLE).map(([label, make]) => ({
    name: `session data which cannot be JSON makes its error at the same place: ${label}`,
    async run(session) {
      const recording = {}
      for (const request of [{}, returning('known')]) {
        for (const resave of [true, false]) {
          for (const headFirst of [true, false]) {
            const site = open(session, {
              options: { resave },
              store: { data: { known: storedSession({ views: 1 }, { expires: null }) } }
            })
            const key = `${'headers' in request} ${resave} ${headFirst}`
            recording[key] = await site.visit({
              ...request,
              handle(req, res) {
                req.session.value = make()
                if (headFirst) res.write('head')
                res.end('x')
              }
            })
          }
        }
      }
      return recording
    },
    expect(recording) {
      for (const { log } of Object.values(recording)) {
        assert.ok(names(log).includes('handler threw'))
      }
    }
  })),
  {
    name: 'circular data inside another toJSON or by a save in the handler throws there',
    async run(session) {
      const recording = {}
      for (const method of ['save', 'reload', 'regenerate']) {
        recording[method] = await open(session).visit({
          async handle(req, res, log) {
            req.session.self = req.session
            log.attempt(() => req.session[method](() => log.add('called back')))
            delete req.session?.self
            res.end()
          }
        })
      }
      return recording
    },
    expect({ save }) {
      assert.equal(save.log.find(([name]) => name === 'threw')[1].error, 'TypeError')
    }
  },
  {
    name: 'changes inside of nested data, and of the order of keys, are noticed',
    async run(session) {
      const recording = {}
      const data = { list: [1, { a: 1 }], user: { name: 'tobi', age: 2 }, text: 'x' }
      const changes = {
        none() {},
        'deep value': ({ session: sess }) => (sess.list[1].a = 2),
        'array order': ({ session: sess }) => sess.list.reverse(),
        'key order': ({ session: sess }) => {
          const { name } = sess.user
          delete sess.user.name
          sess.user.name = name
        },
        'same text': ({ session: sess }) => (sess.text = ['x'][0]),
        'undefined added': ({ session: sess }) => (sess.more = undefined),
        'to an equal object': ({ session: sess }) => (sess.user = { name: 'tobi', age: 2 }),
        'number to text': ({ session: sess }) => (sess.user.age = '2'),
        'cookie inside data': ({ session: sess }) => (sess.user.cookie = {}),
        'cookie of the session': ({ session: sess }) => (sess.cookie.path = '/other'),
        'not enumerable': ({ session: sess }) => Object.defineProperty(sess, 'x', { value: 1 })
      }
      for (const [label, change] of Object.entries(changes)) {
        for (const timing of Object.keys(TIMINGS)) {
          const site = open(session, { store: { timing, data: { known: storedSession(data) } } })
          recording[`${label} ${timing}`] = await site.visit(
            returning('known', {
              handle(req, res) {
                change(req)
                res.end()
              }
            })
          )
        }
      }
      return recording
    },
    expect(recording) {
      const unnoticed = /^(none|same text|undefined|to an equal|cookie of|not enum)/
      for (const [label, { log }] of Object.entries(recording)) {
        const expected = unnoticed.test(label) ? 'store.touch' : 'store.set'
        assert.equal(names(log, 'store.')[1], expected, label)
      }
    }
  },
  {
    name: 'toJSON and getters of the data are called no more often than before',
    async run(session) {
      return {
        modified: await counting(session, () => {}),
        saved: await counting(session, (req) => req.session.save()),
        reloaded: await counting(session, (req) => req.session.reload(() => {})),
        unset: await counting(session, (req) => (req.session = null))
      }
    },
    expect({ modified, unset }) {
      assert.ok(modified.toJSON >= 1 && modified.getter >= 1)
      assert.deepEqual(unset, { toJSON: 0, getter: 0 })
    },
    compare(genuine, ours) {
      for (const [way, calls] of Object.entries(genuine)) {
        for (const [kind, count] of Object.entries(calls)) {
          assert.ok(ours[way][kind] <= count, `${way}: ${kind} ${ours[way][kind]} > ${count}`)
        }
      }
    }
  }
]
