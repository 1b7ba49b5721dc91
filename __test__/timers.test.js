'use strict'

// A store that frees expired sessions by itself must be none of the application's business: it has no timers
// that fake ones could take or run forever, and keeps no process alive.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const { Cookie, MemoryStore } = require('..')
const { ask } = require('./support/store-promises')

const root = join(__dirname, '..')
// For a machine that is busy with other things.
const DEADLINE = 60_000

const realNow = Date.now
const { setTimeout: realSetTimeout } = globalThis

const held = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })

/** Waits until expired sessions are freed although they are not asked for. */
async function swept(store, left) {
  const end = realNow() + DEADLINE
  while (store.stats().sessions > left) {
    assert.ok(realNow() < end, `${store.stats().sessions} sessions are still there`)
    await new Promise((resolve) => realSetTimeout(resolve, 20))
  }
}

/** Runs a program to its end, and gives what it printed. */
async function ran(program) {
  const child = spawn(process.execPath, ['-e', program], { cwd: root, timeout: DEADLINE })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  const [code, signal] = await once(child, 'close')
  assert.deepEqual([code, signal], [0, null], stderr)
  return stdout
}

const FILL = `
  const session = require('.')
  const store = new session.MemoryStore({ ttl: 5000 })
  const save = (sid, maxAge) =>
    store.set(sid, { cookie: new session.Cookie({ maxAge }), user: 'tobi' })
  save('soon', 50)
  save('later', 3_600_000)
  save('never', null)`

describe('fake timers of node:test', () => {
  const APIS = ['setTimeout', 'setInterval', 'setImmediate', 'Date']

  test('have nothing of a store to run', async (t) => {
    t.mock.timers.enable({ apis: APIS, now: realNow() })
    const store = new MemoryStore()
    store.set('sid', held(1000))
    // They would go on forever with an interval.
    t.mock.timers.runAll()
    t.mock.timers.tick(10_000)
    t.mock.timers.reset()
    assert.ok(store.stats())
  })

  test('do not hold back a store’s callbacks', async (t) => {
    t.mock.timers.enable({ apis: APIS, now: realNow() })
    const store = new MemoryStore()
    await ask(store, 'set', 'sid', held(60_000, { user: 'tobi' }))
    assert.equal((await ask(store, 'get', 'sid')).user, 'tobi')
    t.mock.timers.tick(60_001)
    assert.equal(await ask(store, 'get', 'sid'), undefined)
  })

  for (const [name, now] of Object.entries({ 'the right time': realNow(), 'years ago': 1e12 })) {
    test(`do not keep a store that was made meanwhile from being swept, with ${name}`, async (t) => {
      t.mock.timers.enable({ apis: APIS, now })
      const store = new MemoryStore()
      for (let n = 0; n < 100; n++) store.set(`sid ${n}`, held(100))
      store.set('never', held(null))
      t.mock.timers.reset()
      // A store knows what time it is in JavaScript from calls.
      assert.ok(await ask(store, 'get', 'never'))
      await swept(store, 1)
      assert.deepEqual(Object.keys(store.sessions), ['never'])
    })
  }

  test('do not keep a store from being swept that was there before', async (t) => {
    const store = new MemoryStore()
    t.mock.timers.enable({ apis: APIS, now: realNow() })
    store.set('soon', held(100))
    store.set('never', held(null))
    t.mock.timers.tick(1000)
    t.mock.timers.reset()
    await swept(store, 1)
  })
})

describe('a session that is live by JavaScript’s clock stays, whatever the system’s clock says', () => {
  const sleep = (ms) => new Promise((resolve) => realSetTimeout(resolve, ms))

  test('when Date.now stands still', async (t) => {
    const store = new MemoryStore()
    await ask(store, 'set', 'warm', held(3_600_000))
    const now = realNow()
    t.mock.method(Date, 'now', () => now)
    await ask(store, 'set', 'sid', held(1000, { user: 'tobi' }))
    await sleep(3500)
    assert.equal((await ask(store, 'get', 'sid'))?.user, 'tobi')
  })

  test('when Date.now is set back', async (t) => {
    const store = new MemoryStore()
    await ask(store, 'set', 'warm', held(3_600_000))
    await sleep(2500)
    const now = realNow() - 3000
    t.mock.method(Date, 'now', () => now)
    await ask(store, 'set', 'sid', held(1000, { user: 'tobi' }))
    await sleep(2500)
    assert.equal((await ask(store, 'get', 'sid'))?.user, 'tobi')
  })
})

describe('a process with a store of sessions that expire', () => {
  test('has no timer of it', async () => {
    const printed = await ran(`${FILL}
      const { makeRequest } = require('./__test__/parity/exchange')
      store.on('expire', () => {})
      const options = { secret: 's', resave: false, saveUninitialized: true, store }
      const middleware = session({ ...options, cookie: { maxAge: 1000 } })
      middleware(makeRequest({}), {}, () => {
        const later = (turns) => {
          if (turns > 0) return void setImmediate(later, turns - 1)
          const found = process.getActiveResourcesInfo()
          console.log(JSON.stringify(found.filter((name) => name !== 'Immediate')))
        }
        later(5)
      })`)
    const found = JSON.parse(printed)
    assert.deepEqual(
      found.filter((name) => !/^(TTY|Pipe|Socket|FSReq|Tick)/.test(name)),
      []
    )
  })

  for (const [name, more] of Object.entries({
    'holds them': '',
    'listens to its events':
      'for (const name of ["expire", "create", "evict"]) store.on(name, () => {})',
    'has a middleware': 'session({ secret: "s", resave: false, saveUninitialized: true, store })',
    'has a store with a name': `if (session.engine === 'native') new session.MemoryStore({ name: 'app' }).set('sid', { cookie: new session.Cookie({ maxAge: 1000 }) })`,
    'has waited for a sweep': 'setTimeout(() => console.log(store.stats().sessions), 1500)'
  })) {
    test(`ends by itself when it ${name}`, async () => {
      const started = performance.now()
      await ran(`${FILL}\n${more}`)
      // The session that is kept longest is kept for an hour.
      assert.ok(performance.now() - started < DEADLINE)
    })
  }
})
