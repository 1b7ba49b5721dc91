'use strict'

const assert = require('node:assert')
const { EventEmitter } = require('node:events')
const http = require('node:http')
const { before, describe, it } = require('node:test')
const v8 = require('node:v8')
const session = require('..')
const { shareHiddenClass } = require('../lib/hidden-class')
const { serving } = require('./support/server')

const hasClassesOfTheirOwn = Number(process.versions.v8.split('.')[0]) < 13
const CLIENTS = 8

let haveSameClass
let hasFastProperties

before(() => {
  v8.setFlagsFromString('--allow-natives-syntax')
  haveSameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)')
  hasFastProperties = new Function('object', 'return %HasFastProperties(object)')
})

/** What several requests and responses are like at once, when they have come so far. */
async function whileAllAreThere(listenerOf, look) {
  const held = []
  let all
  const arrived = new Promise((resolve) => (all = resolve))
  const listener = listenerOf((req, res) => {
    held.push({ req, res })
    if (held.length === CLIENTS) all()
  })
  await serving(listener, async (port) => {
    for (let n = 0; n < CLIENTS; n++) {
      const client = http.get({ port, host: '127.0.0.1' }, (response) => response.resume())
      // A look that fails ends the connections.
      client.on('error', () => {})
    }
    await arrived
    look(held)
    for (const { res } of held) res.end()
  })
}

function classesOf(objects) {
  const found = []
  for (const object of objects) {
    if (!found.some((other) => haveSameClass(other, object))) found.push(object)
  }
  return found.length
}

function assertDictionaries(held) {
  for (const { req, res } of held) {
    assert.strictEqual(hasFastProperties(req), !hasClassesOfTheirOwn)
    assert.strictEqual(hasFastProperties(res), !hasClassesOfTheirOwn)
  }
}

/**
 * V8 has 64 places for such classes, by where prototypes are in memory. Where those of requests and of
 * responses fall on the same one, they drive each other out; another application has other prototypes.
 */
async function assertOneClass(listenerOf) {
  const seen = []
  for (let n = 0; n < 5; n++) {
    // One after the other: it hardly ever takes more than one.
    // oxlint-disable-next-line no-await-in-loop
    await whileAllAreThere(listenerOf, (held) => {
      assertDictionaries(held)
      seen.push([classesOf(held.map(({ req }) => req)), classesOf(held.map(({ res }) => res))])
    })
    if (seen.at(-1).every((classes) => classes === 1)) return
  }
  assert.fail(`classes of requests and responses: ${JSON.stringify(seen)}`)
}

/** Of responses: Express 4 does not give requests another prototype in the same way. */
function assertOwnClasses(held) {
  const expected = hasClassesOfTheirOwn ? CLIENTS : 1
  assert.strictEqual(classesOf(held.map(({ res }) => res)), expected)
}

const makeSession = () => session({ secret: 's', resave: false, saveUninitialized: false })

for (const name of ['express', 'express4']) {
  const express = require(name)

  describe(`requests and responses of ${name}`, () => {
    it('share their hidden classes once they have a session', () =>
      assertOneClass((handler) => express().use(makeSession()).use(handler)))

    it('share them also if other middleware has added properties before', () =>
      assertOneClass((handler) => {
        const adding = (req, res, next) => {
          req.cookies = {}
          req.added = res.added = 1
          next()
        }
        return express().use(adding).use(makeSession()).use(handler)
      }))

    it('have classes of their own without one, in the versions of V8 that this is done for', () =>
      whileAllAreThere((handler) => express().use(handler), assertOwnClasses))

    it('get classes of their own again where Express gives them another prototype afterwards', () =>
      whileAllAreThere(
        (handler) => express().use(makeSession()).use('/', express().use(handler)),
        (held) => {
          assertOwnClasses(held)
          assertDictionaries(held)
        }
      ))

    it('are left as they are where the session middleware has nothing to do', () =>
      whileAllAreThere((handler) => {
        const cookie = { path: '/elsewhere' }
        return express()
          .use(session({ secret: 's', resave: false, saveUninitialized: false, cookie }))
          .use(handler)
      }, assertOwnClasses))
  })
}

describe('a request of node:http', () => {
  it('stays as fast as it is', () =>
    whileAllAreThere(
      (handler) => {
        const middleware = makeSession()
        return (req, res) => middleware(req, res, () => handler(req, res))
      },
      (held) => {
        for (const { req, res } of held) {
          assert.ok(hasFastProperties(req))
          assert.ok(hasFastProperties(res))
        }
      }
    ))
})

describe('an object that shares its hidden class', () => {
  /** As Express does it. */
  const request = (properties) => {
    const object = Object.assign(new http.IncomingMessage(null), properties)
    return Object.setPrototypeOf(object, Object.create(http.IncomingMessage.prototype))
  }

  it('has the same properties as before, in the same order', () => {
    const symbol = Symbol('symbol')
    const object = request({ b: 1, a: 2, [symbol]: 3 })
    const descriptors = Object.getOwnPropertyDescriptors(object)
    assert.ok('_events' in descriptors)
    shareHiddenClass(object)
    assert.strictEqual(hasFastProperties(object), !hasClassesOfTheirOwn)
    assert.deepStrictEqual(Object.getOwnPropertyDescriptors(object), descriptors)
    assert.deepStrictEqual(Reflect.ownKeys(object), Reflect.ownKeys(descriptors))
  })

  it('takes nothing from what all objects have', () => {
    const object = request()
    const { _events: events } = object
    const all = { configurable: { configurable: true, value: false, writable: true } }
    all.value = { configurable: true, value: 1, writable: true }
    Object.defineProperties(Object.prototype, all)
    try {
      shareHiddenClass(object)
    } finally {
      delete Object.prototype.configurable
      delete Object.prototype.value
    }
    assert.strictEqual(object._events, events)
  })

  it('keeps a property hidden that was', () => {
    const object = request()
    Object.defineProperty(object, '_events', { enumerable: false })
    shareHiddenClass(object)
    assert.strictEqual(Object.keys(object).includes('_events'), false)
  })

  it('is left alone if it is a proxy, inherits from one, or cannot be changed', () => {
    const seen = []
    const telling = new Proxy({}, { get: (_, trap) => void seen.push(trap) })
    const proxy = new Proxy(request(), telling)
    const heir = Object.create(proxy)
    heir._events = {}
    seen.length = 0
    shareHiddenClass(proxy)
    shareHiddenClass(heir)
    shareHiddenClass(Object.create(heir, { _events: { value: {}, writable: true } }))
    assert.deepStrictEqual(seen, [])
    shareHiddenClass(Object.freeze(request({ a: 1 })))
    shareHiddenClass(Object.create(null))
    shareHiddenClass(Object.create({ __proto__: { a: 1 } }))
  })

  it('does not reach what it inherits from', () => {
    const set = (_, name) => assert.fail(`${String(name)} was set`)
    const middle = Object.create(new Proxy({}, { set, defineProperty: set, deleteProperty: set }))
    const object = Object.create(middle, Object.getOwnPropertyDescriptors(new EventEmitter()))
    shareHiddenClass(object)
    assert.deepStrictEqual(Reflect.ownKeys(middle), [])
  })
})
