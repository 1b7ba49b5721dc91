'use strict'

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { describe, it, test } = require('node:test')
const genuine = require('express-session')
const session = require('..')
const { contract, storeSuite } = require('../testing')

// They mostly wait for sessions to expire.
const atOnce = (name, suite) => describe(name, { concurrency: true }, suite)

storeSuite({
  name: 'MemoryStore',
  create: () => new session.MemoryStore({ lateSaves: 'drop' }),
  dispose: (store) => store.close(),
  describe: atOnce,
  it
})

storeSuite({
  name: 'MemoryStore without options',
  create: () => new session.MemoryStore(),
  beyond: false,
  describe: atOnce,
  it
})

storeSuite({
  name: 'the MemoryStore of express-session',
  create: () => new genuine.MemoryStore(),
  beyond: false,
  describe: atOnce,
  it
})

/** Runs the suite on a store, and gives the ids of the points that it does not keep. */
async function failures(create, options) {
  const failed = []
  const runs = []
  const define = (title, run) =>
    runs.push(Promise.resolve(run()).catch(() => failed.push(/\[([\w-]+)\]/.exec(title)[1])))
  define.skip = () => {}
  storeSuite({ name: 'x', create, describe: (_, suite) => suite(), it: define, ...options })
  await Promise.all(runs)
  return failed.sort()
}

const { MemoryStore } = session

/** Breaks one method of a store. */
const broken = (method, replacement) => () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  const original = store[method]
  store[method] = (...args) => replacement(original.bind(store), ...args)
  return store
}

for (const [what, create, expected] of [
  [
    'brings back destroyed sessions',
    () => new MemoryStore(),
    ['late-request', 'late-save', 'stats']
  ],
  [
    'calls back twice',
    broken('destroy', (destroy, sid, done) => {
      destroy(sid, done)
      destroy(sid, done)
    }),
    ['destroy', 'destroy-absent', 'many']
  ],
  [
    'has a touch that does nothing',
    broken('touch', (_, sid, held, done) => setImmediate(done)),
    ['touch']
  ],
  [
    'never forgets',
    broken('destroy', (_, sid, done) => done && setImmediate(done)),
    ['destroy', 'destroy-without-callback', 'late-request', 'late-save', 'requests', 'stats']
  ]
]) {
  test(`the suite finds out that a store ${what}`, async () => {
    const found = await failures(create)
    for (const id of expected) assert.ok(found.includes(id), `${id} of ${found}`)
  })
}

test('the suite wants the functions of a runner, and known points', () => {
  const create = () => new MemoryStore()
  assert.throws(() => storeSuite({ name: 'x', create }), {
    message: 'storeSuite: describe must be a function'
  })
  assert.throws(() => storeSuite({ name: 'x', create, describe, it, except: { lateSave: '' } }), {
    message: 'storeSuite: except has the unknown id "lateSave"'
  })
})

test('each point of the contract has an id of its own', () => {
  assert.equal(new Set(contract.map(({ id }) => id)).size, contract.length)
})

test('docs/store-contract.md lists the points of the contract, and what others do not keep', () => {
  const text = readFileSync(join(__dirname, '..', 'docs', 'store-contract.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `([\w-]+)` +\| (.+?) +\|$/gm)].map(([, id, title]) => [
    id,
    title
  ])
  const points = contract.map(({ id, title }) => [id, title])
  assert.deepEqual(rows.slice(0, points.length), points)
  const ids = new Set(contract.map(({ id }) => id))
  for (const [store, failures] of rows.slice(points.length)) {
    for (const [, id] of failures.matchAll(/`([\w-]+)`/g)) assert.ok(ids.has(id), `${store}: ${id}`)
  }
})
