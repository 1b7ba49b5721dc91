'use strict'

const assert = require('node:assert/strict')
const { outcome, plain } = require('../plain')

const INPUTS = {
  nothing: undefined,
  null: null,
  false: false,
  zero: 0,
  'empty text': '',
  text: 'path',
  number: 7,
  true: true,
  function: () => {},
  symbol: Symbol('cookie'),
  empty: {},
  array: ['x'],
  date: new Date(0),
  maxAge: { maxAge: 60_000 },
  'maxAge zero': { maxAge: 0 },
  'maxAge negative': { maxAge: -5 },
  'maxAge NaN': { maxAge: NaN },
  'maxAge infinite': { maxAge: Infinity },
  'maxAge text': { maxAge: '60000' },
  'maxAge empty text': { maxAge: '' },
  'maxAge date': { maxAge: new Date(1.9e12) },
  'maxAge false': { maxAge: false },
  'maxAge object': { maxAge: {} },
  'expires date': { expires: new Date(1.9e12) },
  'expires text': { expires: '2030-03-17T17:46:40.000Z' },
  'expires number': { expires: 1.9e12 },
  'expires null': { expires: null },
  'expires undefined': { expires: undefined },
  'expires invalid': { expires: new Date(NaN) },
  'originalMaxAge only': { originalMaxAge: 5 },
  'originalMaxAge null': { originalMaxAge: null, maxAge: 7 },
  'originalMaxAge first': { originalMaxAge: 5, maxAge: 7 },
  'originalMaxAge last': { maxAge: 7, originalMaxAge: 5 },
  'originalMaxAge with expires': { originalMaxAge: 5, expires: new Date(1.9e12) },
  'data is skipped': { data: { path: '/x' }, path: '/y' },
  unknown: { foo: 'bar', _expires: 'x', serialize: 'own', toJSON: 1 },
  inherited: Object.create({ path: '/proto', maxAge: 7 }),
  'a getter': {
    get path() {
      return '/got'
    }
  },
  'own __proto__': JSON.parse('{"__proto__":{"a":1},"path":"/p"}'),
  'all attributes': {
    originalMaxAge: 1,
    partitioned: true,
    priority: 'low',
    maxAge: 2,
    secure: true,
    httpOnly: false,
    domain: 'd.example',
    path: '/p',
    sameSite: 'none'
  }
}

function look(cookie) {
  const described = {}
  for (const key of Reflect.ownKeys(cookie)) {
    described[String(key)] = plain({ ...Object.getOwnPropertyDescriptor(cookie, key) })
  }
  const walked = []
  for (const key in cookie) walked.push(key)
  return {
    described,
    keys: Object.keys(cookie),
    walked,
    json: outcome(() => JSON.stringify(cookie)),
    data: outcome(() => cookie.data),
    dataKeys: outcome(() => Object.keys(cookie.data)),
    expires: outcome(() => cookie.expires),
    maxAge: outcome(() => cookie.maxAge),
    originalMaxAge: plain(cookie.originalMaxAge),
    text: outcome(() => cookie.serialize('name', 'va lue'))
  }
}

const STEPS = [
  ['maxAge', 1000],
  ['expires', new Date(1.9e12)],
  ['maxAge', null],
  ['expires', null],
  ['maxAge', 0],
  ['originalMaxAge', 500],
  ['expires', undefined],
  ['maxAge', undefined],
  ['_expires', new Date(1.95e12)],
  ['maxAge', false],
  ['expires', 'text'],
  ['maxAge', new Date(1.9e12)],
  ['maxAge', 8.64e15],
  ['expires', 5]
]

module.exports = [
  ...Object.entries(INPUTS).map(([label, input]) => ({
    name: `a Cookie made from: ${label}`,
    run(session) {
      const made = outcome(() => look(new session.Cookie(input)))
      // what a Cookie holds can be given to another one
      const again = outcome(() => look(new session.Cookie(new session.Cookie(input))))
      return { made, again }
    },
    expect({ made }) {
      const refused = { text: 1, number: 1, true: 1, function: 1, symbol: 1 }
      if (label in refused) {
        const message = 'argument options must be a object'
        assert.deepEqual(made.threw, { error: 'TypeError', message })
      } else if (/^maxAge (text|object)$/.test(label)) {
        assert.equal(made.threw.message, 'maxAge must be a number or Date')
      } else {
        const named = made.value.keys.filter((key) => key !== '0')
        assert.deepEqual(named.slice(0, 3), ['path', '_expires', 'originalMaxAge'])
        assert.ok(made.value.json.value !== undefined || made.value.json.threw)
      }
    }
  })),
  {
    name: 'setting expires and maxAge in turn keeps both in step',
    run(session, { clock }) {
      const cookie = new session.Cookie({ maxAge: 60_000 })
      return STEPS.map(([name, value]) => {
        clock.advance(10)
        return [name, outcome(() => (cookie[name] = value)), look(cookie)]
      })
    },
    expect(steps) {
      const [, , first] = steps[0]
      assert.equal(first.originalMaxAge, 1000)
      const [, , second] = steps[1]
      assert.equal(second.expires.value, '<date 2030-03-17T17:46:40.000Z>')
    }
  },
  {
    name: 'Cookie and its prototype have the properties they always had',
    run({ Cookie }) {
      const { prototype } = Cookie
      const members = Object.fromEntries(
        Reflect.ownKeys(prototype).map((key) => [
          String(key),
          plain({ ...Object.getOwnPropertyDescriptor(prototype, key) })
        ])
      )
      const cookie = new Cookie()
      return {
        itself: plain(Cookie),
        order: Reflect.ownKeys(prototype).map(String),
        members,
        constructor: cookie.constructor === Object,
        parent: Object.getPrototypeOf(prototype) === Object.prototype,
        instance: cookie instanceof Cookie,
        tag: String(cookie),
        descriptor: plain({ ...Object.getOwnPropertyDescriptor(Cookie, 'prototype') }),
        withoutNew: outcome(() => Cookie.call({}, { path: '/x' })),
        readOnlyData: outcome(() => (cookie.data = 1))
      }
    },
    expect(recording) {
      assert.deepEqual(recording.order, ['expires', 'maxAge', 'data', 'serialize', 'toJSON'])
      assert.equal(recording.constructor, true)
      assert.equal(recording.itself, '<function Cookie/1>')
      assert.equal(recording.withoutNew.value, '<undefined>')
    }
  },
  {
    name: 'a class extending Cookie may replace what it likes',
    run({ Cookie }) {
      class Strict extends Cookie {
        get data() {
          return { ...super.data, sameSite: 'strict' }
        }
      }
      const cookie = new Strict({ path: '/s' })
      return [cookie.serialize('n', 'v'), JSON.stringify(cookie), cookie instanceof Cookie]
    },
    expect([text, json, instance]) {
      assert.equal(text, 'n=v; Path=/s; HttpOnly; SameSite=Strict')
      assert.equal(JSON.parse(json).sameSite, 'strict')
      assert.ok(instance)
    }
  },
  {
    name: 'serialize() encodes values and refuses what is no cookie',
    run({ Cookie }) {
      const results = {}
      const values = ['', 'plain', 'a b;c,"', 'é€🙂', '%', '\ud800', 's:x.y/+=', 7, null, undefined]
      for (const value of [...values, {}, true, ['a', 'b']]) {
        const label = typeof value === 'object' ? JSON.stringify(value) : String(value)
        results[`value ${label}`] = outcome(() => new Cookie().serialize('n', value))
      }
      for (const name of ['', 'a', 'a b', 'a=b', 'é', 'a\n', 7, null, undefined]) {
        results[`name ${String(name)}`] = outcome(() => new Cookie().serialize(name, 'v'))
      }
      const attributes = {
        domain: [
          '',
          'a',
          '.a.b',
          'a..b',
          '-a',
          'a-',
          'A.B',
          'a_b',
          'x'.repeat(63),
          'x'.repeat(64),
          'é'
        ],
        path: ['', '/', 'x', '/a b', '/a;b', '/a\tb', '/é', '/~!@#$%^&*()'],
        sameSite: ['', 'LAX', 'lax ', 'auto', true, false, 0, 1, null],
        priority: ['', 'LOW', 'Low ', true, 0, null],
        httpOnly: ['', 'no', 0, 1],
        secure: ['auto', 0, 1],
        partitioned: ['', 'no', 0]
      }
      for (const [name, list] of Object.entries(attributes)) {
        for (const value of list) {
          const cookie = new Cookie()
          cookie[name] = value
          results[`${name} ${JSON.stringify(value)}`] = outcome(() => cookie.serialize('n', 'v'))
        }
      }
      return results
    },
    expect(results) {
      assert.equal(results['value a b;c,"'].value, 'n=a%20b%3Bc%2C%22; Path=/; HttpOnly')
      assert.equal(results['name a b'].threw.message, 'argument name is invalid')
      assert.equal(results['domain "a..b"'].threw.message, 'option domain is invalid')
      assert.equal(results['path "/a;b"'].threw.message, 'option path is invalid')
      assert.equal(results['sameSite "auto"'].threw.message, 'option sameSite is invalid')
      assert.equal(results['priority true'].threw.message, 'option priority is invalid')
    }
  }
]
