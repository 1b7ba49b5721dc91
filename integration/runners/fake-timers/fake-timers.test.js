'use strict'

// The fake timers of sinon, which take all there is: sessions expire by them, and there is nothing in a store
// that they could run forever.

const assert = require('node:assert/strict')
const { sep } = require('node:path')
const { afterEach, test } = require('node:test')
const FakeTimers = require('@sinonjs/fake-timers')
const request = require('supertest')
const { makeSite } = require('../site')

const { PACKAGE } = process.env
const isOurs = PACKAGE !== 'express-session'
const session = require(PACKAGE)

// For a machine that is busy with other things.
const DEADLINE = 60_000

const { setTimeout: realSetTimeout } = globalThis

// Node's own streams, and with them the test runner, wait for the other two.
const FAKED =
  'Date setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate hrtime performance'.split(
    ' '
  )

let clock

/** Fakes what is named, until the test is over. */
function install(options) {
  clock = FakeTimers.install({ now: Date.now(), loopLimit: 50, toFake: FAKED, ...options })
}

afterEach(() => {
  clock?.uninstall()
  clock = undefined
})

const held = (maxAge) => ({ cookie: new session.Cookie({ maxAge }), user: 'tobi' })
const ask = (store, method, ...args) =>
  new Promise((resolve) => store[method](...args, (_, result) => resolve(result)))

test('running all timers comes to an end while a session can expire', () => {
  const everything = FakeTimers.install({ now: Date.now(), loopLimit: 50 })
  try {
    const store = new session.MemoryStore()
    store.set('sid', held(60_000))
    assert.equal(everything.countTimers(), 0)
    // Throws if there is no end.
    everything.runAll()
    everything.runToLast()
    everything.tick(120_000)
    assert.equal(everything.countTimers(), 0)
  } finally {
    everything.uninstall()
  }
})

test('running all timers comes to an end after a request', async () => {
  const store = new session.MemoryStore()
  const app = makeSite(session, { store, cookie: { maxAge: 60_000 } })
  install()
  const agent = request.agent(app)
  await agent.get('/login')
  assert.equal((await agent.get('/me')).body.user, 'tobi')
  await clock.runAllAsync()
  clock.tick(60_001)
  assert.equal((await agent.get('/me')).body.user, null)
})

for (const now of [0, Date.now(), Date.UTC(2040, 0, 1)]) {
  test(`a session expires when time is moved, from ${new Date(now).toISOString()} on`, async () => {
    install({ now })
    const store = new session.MemoryStore()
    await ask(store, 'set', 'sid', held(60_000))
    clock.tick(59_999)
    assert.equal((await ask(store, 'get', 'sid')).user, 'tobi')
    clock.tick(1)
    assert.equal(await ask(store, 'get', 'sid'), undefined)
  })
}

test('a time that is set back revives no session, and loses none', async () => {
  install({ now: Date.UTC(2040, 0, 1) })
  const store = new session.MemoryStore()
  await ask(store, 'set', 'short', held(60_000))
  await ask(store, 'set', 'long', held(3_600_000))
  clock.tick(60_000)
  assert.equal(await ask(store, 'get', 'short'), undefined)
  clock.setSystemTime(Date.UTC(2030, 0, 1))
  assert.equal(await ask(store, 'get', 'short'), undefined)
  assert.equal((await ask(store, 'get', 'long')).user, 'tobi')
})

test('a store that was made with fake timers works with real ones', async () => {
  install()
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(null))
  clock.uninstall()
  clock = undefined
  const agent = request.agent(makeSite(session, { store }))
  await agent.get('/count')
  assert.deepEqual((await agent.get('/count')).body, { views: 2 })
  assert.equal(await ask(store, 'length'), 2)
})

test('a package that is loaded with fake timers is answered by them', async () => {
  install()
  const before = { ...require.cache }
  for (const file of Object.keys(require.cache)) {
    if (file.includes(`node_modules${sep}${PACKAGE}${sep}`) && !file.endsWith('.node'))
      delete require.cache[file]
  }
  const { MemoryStore } = require(PACKAGE)
  Object.assign(require.cache, before)
  const store = new MemoryStore()
  const answers = []
  store.set('sid', held(60_000), () => answers.push('set'))
  store.get('sid', (_, found) => answers.push(found.user))
  assert.deepEqual(answers, [])
  clock.runAll()
  assert.deepEqual(answers, ['set', 'tobi'])
})

if (isOurs) {
  for (const [name, now] of Object.entries({ 'the right time': Date.now(), 'years ago': 1e12 })) {
    test(`a store that was made with fake timers is swept when they are gone, with ${name}`, async () => {
      install({ now })
      const store = new session.MemoryStore()
      for (let n = 0; n < 100; n++) store.set(`sid ${n}`, held(100))
      store.set('never', held(null))
      clock.uninstall()
      clock = undefined
      // A store knows what time it is in JavaScript from calls.
      await ask(store, 'get', 'never')
      const end = Date.now() + DEADLINE
      while (store.stats().sessions > 1) {
        assert.ok(Date.now() < end, `${store.stats().sessions} sessions are still there`)
        await new Promise((resolve) => realSetTimeout(resolve, 20))
      }
    })
  }
}
