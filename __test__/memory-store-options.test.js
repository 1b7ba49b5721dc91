'use strict'

const assert = require('node:assert')
const { inherits } = require('node:util')
const { test } = require('node:test')
const session = require('..')
const { cookieOf, request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')
const { nativeOnly } = require('./support/engine')

const { Cookie, MemoryStore } = session

const data = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })
const ids = async (store) => (await Array.fromAsync(store.ids())).sort().join('')
Array.fromAsync ??= async (items) => {
  const array = []
  for await (const item of items) array.push(item)
  return array
}

/** Moves the clock for as long as the test runs. */
function clock(t) {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  return (milliseconds) => (now += milliseconds)
}

const TTL = 'a whole number of milliseconds above 0, or a function that is not async'
const NAME = 'a non-empty string without lone surrogates'

for (const [option, value, expected] of [
  ['maxSessions', -1, 'a whole number above 0, not -1'],
  ['maxSessions', 0, 'a whole number above 0, not 0'],
  ['maxSessions', 1.5, 'a whole number above 0, not 1.5'],
  ['maxSessions', '10', 'a whole number above 0, not "10"'],
  ['maxSessions', null, 'a whole number above 0, not null'],
  ['maxBytes', -5, 'a whole number above 0, not -5'],
  ['maxBytes', NaN, 'a whole number above 0, not NaN'],
  ['onFull', 'drop', `'evict', 'spare' or 'reject', not "drop"`],
  ...[-1, 0, 0.5, NaN].map((ttl) => ['ttl', ttl, `${TTL}, not ${ttl}`]),
  ['ttl', '1h', `${TTL}, not "1h"`],
  ['ttl', async () => 5, `${TTL}, not an async one`],
  ['protect', true, 'a function that is not async, not true'],
  ['protect', async () => true, 'a function that is not async, not an async one'],
  ['lateSaves', true, "'save' or 'drop', not true"],
  ['eventData', 'yes', 'a boolean, not "yes"'],
  ['name', '', `${NAME}, not ""`],
  ['name', 5, `${NAME}, not 5`],
  ['name', 'a\ud800', `${NAME}, not "a\\ud800"`]
]) {
  test(`${option}: ${typeof value === 'function' ? value : JSON.stringify(value)} is refused`, () => {
    const message = `MemoryStore: ${option} must be ${expected}`
    assert.throws(() => new MemoryStore({ [option]: value }), { name: 'TypeError', message })
  })
}

test('options that are no object are refused, and no options are options', () => {
  assert.throws(() => new MemoryStore('x'), { name: 'TypeError' })
  for (const none of [undefined, null, {}, { maxSessions: undefined, ttl: Infinity }]) {
    assert.ok(new MemoryStore(none).sessions)
  }
})

for (const [option, hint] of [
  ['maxSesions', '; did you mean maxSessions?'],
  ['maxbytes', '; did you mean maxBytes?'],
  ['onfull', '; did you mean onFull?'],
  ['tll', '; did you mean ttl?'],
  ['checkPeriod', ''],
  ['x'.repeat(1e6), '']
]) {
  test(`the unknown option ${option.slice(0, 20)} is refused`, () => {
    const message = `MemoryStore: unknown option ${JSON.stringify(option)}${hint}`
    assert.throws(() => new MemoryStore({ [option]: 1 }), { name: 'TypeError', message })
  })
}

test('unknown options that all objects inherit are ignored, and so are those of a class that extends it', () => {
  class OwnStore extends MemoryStore {}
  const inherited = Object.create({ type: 'memory', maxSessions: 1 })
  for (const store of [new MemoryStore(inherited), new OwnStore({ type: 'memory' })]) {
    store.set('a', data(null))
    store.set('b', data(null))
    assert.strictEqual(store.stats().sessions, 2)
  }
})

test('options that a store passes on without new are its own, and mean nothing here', async (t) => {
  const wait = clock(t)
  function OtherStore(options) {
    MemoryStore.call(this, options)
  }
  inherits(OtherStore, MemoryStore)
  // Two weeks in seconds, as the package sessionstore has it.
  const store = new OtherStore({ type: 'inmemory', ttl: 1_209_600, maxSessions: 1, name: 5 })
  await ask(store, 'set', 'a', data(null))
  await ask(store, 'set', 'b', data(null))
  wait(1_209_600_000)
  assert.strictEqual(await ids(store), 'ab')
})

test('a class that extends MemoryStore passes options on', async () => {
  class OwnStore extends MemoryStore {
    constructor(options) {
      super({ maxSessions: 1, ...options })
    }
  }
  const stores = [new OwnStore(), Reflect.construct(MemoryStore, [{ maxSessions: 1 }], OwnStore)]
  for (const store of stores) {
    await ask(store, 'set', 'a', data(null))
    await ask(store, 'set', 'b', data(null))
    assert.strictEqual(await ids(store), 'b')
  }
  assert.throws(() => new OwnStore({ ttl: -1 }), { name: 'TypeError' })
})

test('without a ttl, a session whose cookie has no expiry is kept forever', async (t) => {
  const wait = clock(t)
  const store = new MemoryStore()
  await ask(store, 'set', 'sid', data(null))
  wait(1e12)
  assert.ok(await ask(store, 'get', 'sid'))
})

test('a ttl is for sessions whose cookie has no expiry, and a touch begins it anew', async (t) => {
  const wait = clock(t)
  const store = new MemoryStore({ ttl: 1000 })
  await ask(store, 'set', 'a', data(null))
  await ask(store, 'set', 'b', data(null))
  await ask(store, 'set', 'c', data(5000))
  wait(999)
  await ask(store, 'touch', 'b', data(null))
  wait(1)
  assert.strictEqual(await ids(store), 'bc')
  wait(999)
  assert.strictEqual(await ids(store), 'c')
})

test('a ttl function is asked for each session without an expiry', async (t) => {
  const wait = clock(t)
  const asked = []
  const ttl = (held) => {
    asked.push(held.user)
    return held.user ? undefined : 1000
  }
  const store = new MemoryStore({ ttl })
  await ask(store, 'set', 'a', data(null))
  await ask(store, 'set', 'b', data(null, { user: 'tobi' }))
  await ask(store, 'set', 'c', data(2000, { user: 'loki' }))
  store.sessions.d = '{"user":"jane"}'
  assert.deepStrictEqual(asked, [undefined, 'tobi', 'jane'])
  wait(1000)
  assert.strictEqual(await ids(store), 'bcd')
})

test('a ttl function that returns what is left of a lifetime ends a session that is in use', async (t) => {
  const wait = clock(t)
  const store = new MemoryStore({ ttl: ({ since }) => Math.max(0, since + 2000 - Date.now()) })
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const handler = (req, res) =>
    middleware(req, res, () => {
      req.session.since ??= Date.now()
      res.end(req.sessionID)
    })
  await serving(handler, async (port) => {
    const { body, headers } = await request(port)
    const cookie = cookieOf({ body, headers })
    for (let n = 0; n < 3; n++) {
      wait(600)
      assert.strictEqual((await request(port, { cookie })).body, body)
    }
    wait(200)
    assert.notStrictEqual((await request(port, { cookie })).body, body)
  })
})

test('the middleware renews a ttl with each request, changed or not', async (t) => {
  const wait = clock(t)
  for (const ttl of [1000, () => 1000]) {
    const store = new MemoryStore({ ttl })
    const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
    const handler = (req, res) => middleware(req, res, () => res.end(String(req.sessionID)))
    await serving(handler, async (port) => {
      const { body, headers } = await request(port)
      const cookie = cookieOf({ body, headers })
      for (let n = 0; n < 5; n++) {
        wait(600)
        assert.strictEqual((await request(port, { cookie })).body, body)
      }
      wait(1000)
      assert.notStrictEqual((await request(port, { cookie })).body, body)
    })
  }
})

test('a ttl function of one thread goes with the options of another', nativeOnly, async () => {
  const name = 'a ttl function of one thread'
  const first = new MemoryStore({ name, maxSessions: 5 })
  const second = new MemoryStore({ name, ttl: () => 1, protect: () => true })
  await ask(second, 'set', 'a', data(null))
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.strictEqual(await ask(first, 'get', 'a'), undefined)
})
