'use strict'

// `lateSaves: 'drop'`: a request that was running when its session was destroyed does not bring it back.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const session = require('..')
const native = require('../lib/native')
const { cookieOf, request, serving } = require('./support/server')
const { ask } = require('./support/store-promises')
const { nativeOnly } = require('./support/engine')

const { Cookie, MemoryStore } = session

const data = (maxAge, more) => ({ cookie: new Cookie({ maxAge }), ...more })

for (const lateSaves of ['save', 'drop']) {
  for (const [name, maxAge] of Object.entries({ 'without an expiry': null, 'with one': 60_000 })) {
    for (const change of ['changed', 'saved', 'untouched', 'reloaded']) {
      test(`a session ${name} that is destroyed while another request has ${change} it: ${lateSaves}`, async () => {
        const store = new MemoryStore({ lateSaves })
        const options = { secret: 's', saveUninitialized: true, store, cookie: { maxAge } }
        const middleware = session({ ...options, resave: change === 'untouched' })
        let arrived
        let goOn
        const handler = (req, res) =>
          middleware(req, res, async () => {
            if (req.url === '/slow') {
              if (change === 'reloaded') {
                await new Promise((resolve, reject) =>
                  req.session.reload((error) => (error ? reject(error) : resolve()))
                )
              }
              if (change !== 'untouched') req.session.changed = true
              if (change === 'saved') await new Promise((resolve) => req.session.save(resolve))
              const wait = new Promise((resolve) => (goOn = resolve))
              arrived()
              await wait
              if (change === 'saved') req.session.changed = 'again'
            }
            if (req.url === '/logout') req.session.destroy(() => res.end())
            else res.end()
          })
        await serving(handler, async (port) => {
          const cookie = cookieOf(await request(port))
          const hasArrived = new Promise((resolve) => (arrived = resolve))
          const slow = request(port, { cookie, path: '/slow' })
          await hasArrived
          await request(port, { cookie, path: '/logout' })
          goOn()
          await slow
        })
        assert.equal(store.stats().sessions, lateSaves === 'save' ? 1 : 0)
        assert.equal(store.stats().droppedSaves, lateSaves === 'save' ? 0 : 1)
      })
    }
  }
}

test('a session that is saved without having been loaded is a new one', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(1000))
  await ask(store, 'destroy', 'sid')
  await ask(store, 'set', 'sid', data(1000))
  assert.ok(await ask(store, 'get', 'sid'))
  await ask(store, 'destroy', 'sid')
  store.sessions.sid = '{"cookie":{}}'
  assert.ok(await ask(store, 'get', 'sid'))
})

test('a session that has expired meanwhile is created anew, as in express-session', async (t) => {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const store = new MemoryStore({ lateSaves: 'drop' })
  for (const sid of ['destroyed', 'expired']) await ask(store, 'set', sid, data(1000))
  const [destroyed, expired] = [
    await ask(store, 'get', 'destroyed'),
    await ask(store, 'get', 'expired')
  ]
  await ask(store, 'destroy', 'destroyed')
  now += 2000
  for (const held of [destroyed, expired]) held.cookie = new Cookie({ maxAge: 1000 })
  await ask(store, 'set', 'destroyed', destroyed)
  await ask(store, 'set', 'expired', expired)
  assert.deepEqual(Object.keys(store.sessions), ['expired'])
})

for (const [name, options] of Object.entries({
  'without a ttl': {},
  'with a ttl': { ttl: 60_000 },
  'with a ttl function': { ttl: () => 60_000 }
})) {
  test(`what was cleared or evicted stays away, ${name}`, async () => {
    const store = new MemoryStore({ lateSaves: 'drop', maxSessions: 2, ...options })
    for (const maxAge of [null, 60_000]) {
      await ask(store, 'set', 'sid', data(maxAge))
      const held = await ask(store, 'get', 'sid')
      await ask(store, 'clear')
      await ask(store, 'set', 'sid', held)
      assert.equal(await ask(store, 'length'), 0)
      await ask(store, 'set', 'sid', data(maxAge))
      const evicted = await ask(store, 'get', 'sid')
      for (const sid of ['a', 'b']) await ask(store, 'set', sid, data(maxAge))
      await ask(store, 'set', 'sid', evicted)
      assert.deepEqual(Object.keys(store.sessions), ['a', 'b'])
      await ask(store, 'clear')
    }
    assert.equal(store.stats().droppedSaves, 4)
  })
}

const REPLACEMENTS = {
  'a proxy of it': (req) => new Proxy(req.session, {}),
  'a copy with its prototype': (req) =>
    Object.create(Object.getPrototypeOf(req.session), Object.getOwnPropertyDescriptors(req.session))
}

for (const [name, replace] of Object.entries(REPLACEMENTS)) {
  for (const isRead of [true, false]) {
    test(`a destroyed session stays destroyed if the request has replaced it by ${name}, ${isRead ? 'read' : 'unread'} before`, async () => {
      const store = new MemoryStore({ lateSaves: 'drop' })
      const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
      const handler = (req, res) =>
        middleware(req, res, async () => {
          if (req.url === '/late') {
            if (isRead) req.session.seen = true
            await ask(store, 'destroy', req.sessionID)
            req.session = replace(req)
            req.session.changed = true
          }
          res.end()
        })
      await serving(handler, async (port) => {
        const cookie = cookieOf(await request(port))
        await request(port, { cookie, path: '/late' })
      })
      assert.equal(store.stats().sessions, 0)
      assert.equal(store.stats().droppedSaves, 1)
    })
  }
}

const RENEWALS = {
  'regenerates it': (req, done) => req.session.regenerate(done),
  'destroys it and generates another': (req, done) =>
    req.session.destroy(() => {
      req.sessionStore.generate(req)
      done()
    }),
  'destroys it and creates another': (req, done) =>
    req.session.destroy(() => {
      req.sessionStore.createSession(req, { cookie: { maxAge: null } })
      done()
    }),
  'destroys it and assigns another': (req, done) =>
    req.session.destroy(() => {
      req.session = new session.Session(req, { cookie: new Cookie() })
      done()
    })
}

for (const [name, renew] of Object.entries(RENEWALS)) {
  test(`a new session that has the id of the old one is saved if the request ${name}`, async () => {
    const store = new MemoryStore({ lateSaves: 'drop' })
    const options = { secret: 's', resave: false, saveUninitialized: true, store }
    const middleware = session({ ...options, genid: () => 'device' })
    const handler = (req, res) =>
      middleware(req, res, () => {
        if (req.url !== '/login') return res.end(String(req.session.user))
        req.session.old = true
        renew(req, () => {
          req.session.user = 'tobi'
          res.end()
        })
      })
    await serving(handler, async (port) => {
      const cookie = cookieOf(await request(port))
      await request(port, { cookie, path: '/login' })
      assert.equal((await request(port, { cookie })).body, 'tobi')
    })
    assert.equal(store.stats().droppedSaves, 0)
  })
}

test('a session that was saved as expired may be saved again', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  const held = { cookie: new Cookie({ maxAge: -1 }), user: 'tobi' }
  await ask(store, 'set', 'sid', held)
  held.cookie = new Cookie({ maxAge: 60_000 })
  await ask(store, 'set', 'sid', held)
  assert.equal((await ask(store, 'get', 'sid')).user, 'tobi')
})

for (const maxAge of [0, 10]) {
  test(`a session whose expiry was shortened by a touch to ${maxAge} ms may be saved again`, async () => {
    const store = new MemoryStore({ lateSaves: 'drop' })
    for (const isWhole of [false, true]) {
      const held = { ...(isWhole && { user: 'tobi' }), ...data(9000), user: 'tobi' }
      await ask(store, 'set', 'sid', held)
      held.cookie = new Cookie({ maxAge })
      await ask(store, 'touch', 'sid', held)
      await new Promise((resolve) => setTimeout(resolve, 20))
      held.cookie = new Cookie({ maxAge: 60_000 })
      await ask(store, 'set', 'sid', held)
      assert.equal((await ask(store, 'get', 'sid'))?.user, 'tobi')
      // But not after it was destroyed.
      await ask(store, 'destroy', 'sid')
      await ask(store, 'touch', 'sid', held)
      await ask(store, 'set', 'sid', held)
      assert.equal(await ask(store, 'get', 'sid'), undefined)
    }
  })
}

test(
  'an object may be known to several stores, and stores of one name are one',
  nativeOnly,
  async () => {
    const [a, b] = [new MemoryStore({ lateSaves: 'drop' }), new MemoryStore({ lateSaves: 'drop' })]
    const held = data(60_000)
    for (const store of [a, b]) await ask(store, 'set', 'sid', held)
    await ask(a, 'destroy', 'sid')
    for (const store of [a, b]) await ask(store, 'set', 'sid', held)
    assert.deepEqual([a.stats().sessions, b.stats().sessions], [0, 1])

    const name = 'stores of one name are one'
    const [first, second] = [
      new MemoryStore({ lateSaves: 'drop', name }),
      new MemoryStore({ name })
    ]
    await ask(first, 'set', 'sid', data(60_000))
    const loaded = await ask(first, 'get', 'sid')
    await ask(second, 'destroy', 'sid')
    await ask(second, 'set', 'sid', loaded)
    assert.equal(first.stats().sessions, 0)
  }
)

test('a session that is renamed keeps its data', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  const middleware = session({ secret: 's', resave: false, saveUninitialized: true, store })
  const handler = (req, res) =>
    middleware(req, res, () => {
      if (req.url === '/login') {
        const held = req.session
        return req.session.regenerate(() => {
          store.createSession(req, held)
          req.session.user = 'tobi'
          res.end()
        })
      }
      res.end(String(req.session.user))
    })
  await serving(handler, async (port) => {
    const cookie = cookieOf(await request(port))
    const renamed = cookieOf(await request(port, { cookie, path: '/login' }))
    assert.notEqual(renamed, cookie)
    assert.equal((await request(port, { cookie: renamed })).body, 'tobi')
  })
})

test('what was destroyed after it had expired stays destroyed', async (t) => {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(1000))
  const held = await ask(store, 'get', 'sid')
  now += 2000
  await ask(store, 'destroy', 'sid')
  held.cookie = new Cookie({ maxAge: 1000 })
  await ask(store, 'set', 'sid', held)
  assert.equal(await ask(store, 'length'), 0)
})

test('what was cleared stays away although it was touched after it was loaded, and seems to have expired', async (t) => {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(1000))
  const held = await ask(store, 'get', 'sid')
  await ask(store, 'touch', 'sid', data(60_000))
  await ask(store, 'clear')
  now += 2000
  await ask(store, 'set', 'sid', held)
  assert.equal(await ask(store, 'length'), 0)
})

test('one object may be saved under several ids', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  const held = data(1000)
  await ask(store, 'set', 'a', held)
  await ask(store, 'set', 'b', held)
  const loaded = await ask(store, 'get', 'a')
  await ask(store, 'destroy', 'a')
  await ask(store, 'set', 'c', loaded)
  assert.deepEqual(Object.keys(store.sessions), ['b', 'c'])
})

test(
  'a session whose text is whole is not created by a touch, and touching it is no update',
  nativeOnly,
  async () => {
    const name = 'a session whose text is whole'
    const [store, other] = [new MemoryStore({ name }), new MemoryStore({ name })]
    const updates = []
    store.on('update', (sid) => updates.push(sid))
    const whole = { user: 'tobi', ...data(1000) }
    await ask(store, 'set', 'sid', whole)
    await ask(store, 'touch', 'sid', data(5000))
    assert.equal((await ask(store, 'get', 'sid')).cookie.originalMaxAge, 5000)
    // Another thread destroys it between reading and writing.
    whole.cookie = new Cookie({ maxAge: 1000 })
    Object.defineProperty(whole.cookie, 'data', {
      get() {
        other.destroy('sid')
        return { originalMaxAge: 1000 }
      }
    })
    await ask(store, 'touch', 'sid', whole)
    assert.equal(await ask(store, 'get', 'sid'), undefined)
    await new Promise(setImmediate)
    assert.deepEqual(updates, [])
  }
)

test('requests without a session push no destroyed session out of memory', async (t) => {
  let now = Date.now()
  t.mock.method(Date, 'now', () => now)
  const store = new MemoryStore({ lateSaves: 'drop', maxSessions: 900 })
  await ask(store, 'set', 'real', data(1000))
  const held = await ask(store, 'get', 'real')
  await ask(store, 'destroy', 'real')
  for (let n = 0; n < 2000; n++) store.destroy(`guest ${n}`)
  now += 5000
  held.cookie = new Cookie({ maxAge: 1000 })
  await ask(store, 'set', 'real', held)
  assert.equal(await ask(store, 'length'), 0)
})

test('a session of another store is a new one here', async () => {
  const [from, to] = [
    new MemoryStore({ lateSaves: 'drop' }),
    new MemoryStore({ lateSaves: 'drop' })
  ]
  await ask(from, 'set', 'sid', data(1000, { user: 'tobi' }))
  await ask(to, 'set', 'sid', await ask(from, 'get', 'sid'))
  assert.equal((await ask(to, 'get', 'sid')).user, 'tobi')
})

test('the marks cannot be seen, and sessions can be frozen', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(1000))
  const held = await ask(store, 'get', 'sid')
  assert.deepEqual(Reflect.ownKeys(held), ['cookie'])
  await ask(store, 'set', 'other', Object.freeze(data(1000)))
  assert.equal(await ask(store, 'length'), 2)
})

test('a session whose expiry another request has shortened is not taken for destroyed', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(1000))
  const login = await ask(store, 'get', 'sid')
  login.cookie = new Cookie({ maxAge: 60_000 })
  await ask(store, 'set', 'sid', login)
  await ask(store, 'touch', 'sid', data(1000))
  t.mock.timers.tick(2000)
  await ask(store, 'set', 'sid', { ...login, user: 'alice' })
  login.user = 'alice'
  await ask(store, 'set', 'sid', login)
  assert.equal((await ask(store, 'get', 'sid')).user, 'alice')
  assert.equal(store.stats().droppedSaves, 0)
})

test('a session stays destroyed although another one has had its id since', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'device', data(1000, { user: 'alice' }))
  const slow = await ask(store, 'get', 'device')
  await ask(store, 'destroy', 'device')
  await ask(store, 'set', 'device', data(1000, { user: 'bob' }))
  await ask(store, 'touch', 'device', slow)
  await ask(store, 'set', 'device', slow)
  assert.equal((await ask(store, 'get', 'device')).user, 'bob')
  t.mock.timers.tick(1000)
  await ask(store, 'set', 'device', slow)
  assert.equal(await ask(store, 'get', 'device'), undefined)
  assert.equal(store.stats().droppedSaves, 2)
})

test(
  'a store that is opened again under its name knows nothing of the one before',
  nativeOnly,
  async () => {
    const options = { lateSaves: 'drop', name: 'opened-again' }
    const first = new MemoryStore(options)
    await ask(first, 'set', 'sid', data(1000))
    const fixture = await ask(first, 'get', 'sid')
    await first.close()
    const second = new MemoryStore(options)
    await ask(second, 'set', 'sid', fixture)
    assert.ok(await ask(second, 'get', 'sid'))
    await second.close()
  }
)

test(
  'what another thread clears while a session is being saved is not saved later',
  nativeOnly,
  async () => {
    // Another handle of the store, called between the parts of a save, is like another thread.
    const options = { lateSaves: 'drop', name: 'cleared-in-between' }
    const [store, other] = [new MemoryStore(options), new MemoryStore(options)]
    const session = data(60_000)
    await ask(store, 'set', 'sid', session)
    const { memoryExpires } = native
    native.memoryExpires = (...args) => {
      other.clear()
      return memoryExpires(...args)
    }
    try {
      await ask(store, 'set', 'sid', session)
    } finally {
      native.memoryExpires = memoryExpires
    }
    await ask(store, 'set', 'sid', session)
    assert.equal(await ask(store, 'get', 'sid'), undefined)
    await store.close()
    await other.close()
  }
)

test('touching an object that was not loaded does not make it a loaded one', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  await ask(store, 'set', 'sid', data(60_000))
  const other = data(60_000)
  await ask(store, 'touch', 'sid', other)
  await ask(store, 'destroy', 'sid')
  await ask(store, 'set', 'sid', other)
  assert.ok(await ask(store, 'get', 'sid'))
})

test('a new session with the id of the old one is saved although the old one is reloaded', async () => {
  const store = new MemoryStore({ lateSaves: 'drop' })
  const options = { secret: 's', resave: false, saveUninitialized: true, store }
  const middleware = session({ ...options, genid: () => 'device' })
  const handler = (req, res) =>
    middleware(req, res, async () => {
      if (req.url === '/login') {
        const old = req.session
        await new Promise((resolve) => old.regenerate(resolve))
        req.session.user = 'alice'
        await new Promise((resolve) => old.reload(resolve))
      }
      res.end(`${req.session?.user}`)
    })
  let answer
  await serving(handler, async (port) => {
    const cookie = cookieOf(await request(port))
    await request(port, { cookie, path: '/login' })
    answer = await request(port, { cookie })
  })
  assert.equal(answer.body, 'alice')
  assert.equal(store.stats().droppedSaves, 0)
})
