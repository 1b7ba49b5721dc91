'use strict'

// A module registry that is reset, as test runners do between tests, leaves two copies of the package in a
// process. Stores and middlewares of both have to work, also with each other.

const assert = require('node:assert/strict')
const { dirname, sep } = require('node:path')
const { describe, test } = require('node:test')
const { makeRequest } = require('./parity/exchange')
const { cookieOf, request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')
const { nativeOnly } = require('./support/engine')

const ENTRY = require.resolve('..')
const FOLDER = dirname(ENTRY) + sep
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: true }

function isOwn(file) {
  const inside = file.startsWith(FOLDER) ? file.slice(FOLDER.length).split(sep) : ['node_modules']
  return !['node_modules', '__test__'].includes(inside[0])
}

/** Forgets the package. Jest does not keep native libraries in its registry, and Node does. */
function reset({ withLibrary }) {
  for (const file of Object.keys(require.cache)) {
    if (isOwn(file) && (withLibrary || !file.endsWith('.node'))) delete require.cache[file]
  }
}

function twoCopies(options) {
  const before = require(ENTRY)
  const { MemoryStore } = before
  reset(options)
  const after = require(ENTRY)
  assert.notEqual(after, before)
  return { before, after, MemoryStore }
}

const held = ({ Cookie }, more) => ({ cookie: new Cookie({ maxAge: 60_000 }), ...more })

/** Counts the visits of a client in its session. */
async function visits(middleware, count = 3) {
  const handler = (req, res) =>
    middleware(req, res, (error) => {
      if (error) return res.end(error.message)
      req.session.views = (req.session.views ?? 0) + 1
      res.end(String(req.session.views))
    })
  const bodies = []
  await serving(handler, async (port) => {
    let cookie
    for (let n = 0; n < count; n++) {
      const response = await request(port, { cookie })
      cookie ??= cookieOf(response)
      bodies.push(response.body)
    }
  })
  return bodies
}

for (const withLibrary of [false, true]) {
  const what = withLibrary ? 'all of the package' : 'all but the native library'

  describe(`when ${what} is loaded again`, () => {
    test('a store can be made by the class of the first copy', async () => {
      const { before, MemoryStore } = twoCopies({ withLibrary })
      const store = new MemoryStore({ maxSessions: 2 })
      for (const id of ['a', 'b', 'c']) await ask(store, 'set', id, held(before, { id }))
      assert.deepEqual(Object.keys(store.sessions), ['b', 'c'])
      assert.equal(store.stats().evictions, 1)
      await store.close()
      await assert.rejects(ask(store, 'get', 'b'), { code: 'ERR_SESSION_STORE_CLOSED' })
    })

    test('stores of both copies have figures and events of their own', async () => {
      const { before, after } = twoCopies({ withLibrary })
      const stores = [before, after].map((copy) => new copy.MemoryStore())
      const heard = [[], []]
      stores.forEach((store, n) => {
        store.on('create', (sid) => heard[n].push(['create', sid]))
        store.on('destroy', (sid) => heard[n].push(['destroy', sid]))
      })
      await ask(stores[0], 'set', 'first', held(before))
      await ask(stores[1], 'set', 'second', held(after))
      await ask(stores[1], 'set', 'third', held(before))
      await ask(stores[0], 'destroy', 'first')
      for (let n = 0; n < 4; n++) await new Promise(setImmediate)
      assert.deepEqual(heard, [
        [
          ['create', 'first'],
          ['destroy', 'first']
        ],
        [
          ['create', 'second'],
          ['create', 'third']
        ]
      ])
      assert.deepEqual(
        stores.map((store) => store.stats().sessions),
        [0, 2]
      )
      await Promise.all(stores.map((store) => store.close()))
    })

    test('the middleware of one copy works with a store of the other', async () => {
      const { before, after } = twoCopies({ withLibrary })
      for (const [make, Store] of [
        [before, after.MemoryStore],
        [after, before.MemoryStore],
        [before, before.MemoryStore],
        [after, after.MemoryStore]
      ]) {
        for (const cookie of [undefined, { maxAge: 60_000 }]) {
          const store = new Store()
          const middleware = make({ ...OPTIONS, cookie, store })
          assert.deepEqual(await visits(middleware), ['1', '2', '3'])
          assert.equal(Object.keys(store.sessions).length, 1)
          await store.close()
        }
      }
    })

    test('middlewares of both copies share a store', async () => {
      const { before, after } = twoCopies({ withLibrary })
      const store = new after.MemoryStore()
      const middlewares = [before, after].map((make) => make({ ...OPTIONS, store }))
      let turn = 0
      const taking = (req, res, next) => middlewares[turn++ % 2](req, res, next)
      assert.deepEqual(await visits(taking, 6), ['1', '2', '3', '4', '5', '6'])
    })

    test('sessions of one copy are saved, renewed and loaded in a store of the other', async () => {
      const { before, after } = twoCopies({ withLibrary })
      const store = new after.MemoryStore()
      const req = makeRequest({})
      await new Promise((resolve) =>
        before({ ...OPTIONS, store: new before.MemoryStore() })(req, {}, resolve)
      )
      req.session.user = 'tobi'
      await ask(store, 'set', 'sid', req.session)
      await ask(store, 'touch', 'sid', req.session)
      const loaded = await ask(store, 'load', 'sid')
      assert.equal(loaded.user, 'tobi')
      assert.ok(loaded instanceof after.Session && !(loaded instanceof before.Session))
      assert.ok(loaded.cookie instanceof after.Cookie)
    })

    test('stores of one name are one store in both copies', nativeOnly, async () => {
      const { before, after } = twoCopies({ withLibrary })
      const name = `two copies ${withLibrary}`
      const [first, second] = [before, after].map((copy) => new copy.MemoryStore({ name }))
      await ask(first, 'set', 'sid', held(before, { user: 'tobi' }))
      assert.equal((await ask(second, 'get', 'sid')).user, 'tobi')
      await first.close()
      assert.equal((await ask(second, 'get', 'sid')).user, 'tobi')
      await second.close()
    })
  })
}
