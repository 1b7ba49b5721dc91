'use strict'

const assert = require('node:assert')
const { once } = require('node:events')
const http = require('node:http')
const { before, describe, it } = require('node:test')
const v8 = require('node:v8')
const session = require('..')
const { shareHiddenClass } = require('../lib/hidden-class')

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
  const server = http.createServer(
    listenerOf((req, res) => {
      held.push({ req, res })
      if (held.length === CLIENTS) all(held)
    })
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const arrived = new Promise((resolve) => (all = resolve))
    const clients = Array.from({ length: CLIENTS }, () => {
      const client = http.get({ port: server.address().port, host: '127.0.0.1' })
      return once(client, 'response').then(([response]) => once(response.resume(), 'end'))
    })
    await arrived
    look(held)
    for (const { res } of held) res.end()
    await Promise.all(clients)
  } finally {
    server.close()
  }
}

function classesOf(objects) {
  const found = []
  for (const object of objects) {
    if (!found.some((other) => haveSameClass(other, object))) found.push(object)
  }
  return found.length
}

const makeSession = () => session({ secret: 's', resave: false, saveUninitialized: false })

for (const name of ['express', 'express4']) {
  describe(`requests and responses of ${name}`, () => {
    it('share their hidden classes once they have a session', () =>
      whileAllAreThere(
        (handler) => require(name)().use(makeSession()).use(handler),
        (held) => {
          assert.strictEqual(classesOf(held.map(({ req }) => req)), 1)
          assert.strictEqual(classesOf(held.map(({ res }) => res)), 1)
        }
      ))

    it('have classes of their own without one, in the versions of V8 that this is done for', () =>
      whileAllAreThere(
        (handler) => require(name)().use(handler),
        (held) => {
          const expected = hasClassesOfTheirOwn ? CLIENTS : 1
          assert.strictEqual(classesOf(held.map(({ res }) => res)), expected)
        }
      ))
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
  const withPrototype = (properties) =>
    Object.assign(Object.create(Object.create(http.IncomingMessage.prototype)), properties)

  it('has the same properties as before, in the same order', () => {
    const symbol = Symbol('symbol')
    const object = withPrototype({ b: 1, a: 2, [symbol]: 3 })
    shareHiddenClass(object)
    assert.strictEqual(hasFastProperties(object), !hasClassesOfTheirOwn)
    assert.deepStrictEqual(Reflect.ownKeys(object), ['b', 'a', symbol])
    assert.deepStrictEqual([object.b, object.a, object[symbol]], [1, 2, 3])
  })

  it('is left alone if it is a proxy, or cannot be extended', () => {
    const seen = []
    const handler = new Proxy({}, { get: (_, trap) => void seen.push(trap) })
    const proxy = new Proxy(withPrototype({}), handler)
    shareHiddenClass(proxy)
    assert.deepStrictEqual(seen, [])
    shareHiddenClass(Object.freeze(withPrototype({ a: 1 })))
    shareHiddenClass(Object.create(null))
  })
})
