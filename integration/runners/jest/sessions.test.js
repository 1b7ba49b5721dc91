'use strict'

// Sessions in Jest, which gives each test file a realm of its own, and here each test modules of its own.

const request = require('supertest')

const { PACKAGE } = process.env
const isOurs = PACKAGE !== 'express-session'

let session
let makeSite

beforeEach(() => {
  jest.resetModules()
  session = require(PACKAGE)
  ;({ makeSite } = require('../site'))
})

afterEach(() => {
  jest.restoreAllMocks()
})

const cookieOf = (response) => response.headers['set-cookie']?.[0].split(';')[0]

test('visits are counted in a session', async () => {
  const agent = request.agent(makeSite(session))
  for (const views of [1, 2, 3]) {
    expect((await agent.get('/count').expect(200)).body).toEqual({ views })
  }
})

test('modules are others in each test, and those of an earlier one go on working', async () => {
  const before = session
  const store = new before.MemoryStore()
  jest.resetModules()
  const after = require(PACKAGE)
  expect(after).not.toBe(before)
  for (const options of [{ store }, { store: new after.MemoryStore() }, {}]) {
    for (const make of [before, after]) {
      const agent = request.agent(makeSite(make, options))
      await agent.get('/count')
      expect((await agent.get('/count')).body).toEqual({ views: 2 })
    }
  }
})

test('modules can be isolated', async () => {
  let isolated
  jest.isolateModules(() => {
    isolated = require(PACKAGE)
  })
  expect(isolated).not.toBe(session)
  const store = new isolated.MemoryStore()
  const agent = request.agent(makeSite(isolated, { store }))
  await agent.get('/count')
  expect(Object.keys(store.sessions)).toHaveLength(1)
})

test('a login has another id than the visit before, and a logout ends it', async () => {
  const agent = request.agent(makeSite(session))
  const first = cookieOf(await agent.get('/count'))
  expect(cookieOf(await agent.get('/login'))).not.toBe(first)
  expect((await agent.get('/me')).body).toEqual({ user: 'tobi', maxAge: null })
  await agent.get('/logout')
  expect((await agent.get('/me')).body.user).toBeNull()
})

test('sessions expire by a Date.now that is spied on', async () => {
  const store = new session.MemoryStore()
  const agent = request.agent(makeSite(session, { store, cookie: { maxAge: 60_000 } }))
  await agent.get('/login')
  const [id] = Object.keys(store.sessions)
  const get = () => new Promise((resolve) => store.get(id, (_, data) => resolve(data)))
  const now = Date.now()
  const spy = jest.spyOn(Date, 'now').mockReturnValue(now + 30_000)
  expect(await get()).toMatchObject({ user: 'tobi' })
  spy.mockReturnValue(now + 61_000)
  expect(await get()).toBeUndefined()
  expect(spy).toHaveBeenCalled()
})

test('sessions are there while Date.now gives a fixed time, or none', async () => {
  const app = makeSite(session)
  const agent = request.agent(app)
  await agent.get('/count')
  for (const now of [1_500_000_000_000, 0, '1500000000000', undefined, new Date(5)]) {
    jest.spyOn(Date, 'now').mockReturnValue(now)
    await agent.get('/count').expect(200)
    jest.restoreAllMocks()
  }
  expect((await agent.get('/count')).body).toEqual({ views: 7 })
})

test('methods of a store can be spied on and replaced', async () => {
  const store = new session.MemoryStore()
  const get = jest.spyOn(store, 'get')
  const set = jest.spyOn(session.MemoryStore.prototype, 'set')
  const agent = request.agent(makeSite(session, { store }))
  await agent.get('/count')
  await agent.get('/count')
  expect(get).toHaveBeenCalledWith(expect.any(String), expect.any(Function))
  expect(set).toHaveBeenCalledTimes(2)
  expect(set.mock.calls[1][1]).toMatchObject({ views: 2, cookie: { path: '/' } })

  get.mockImplementation((id, callback) => callback(new Error('no store today')))
  const failed = await agent.get('/count').expect(500)
  expect(failed.body).toEqual({ name: 'Error', message: 'no store today' })
})

test('errors are of the classes that a test knows', () => {
  expect(() => session({ secret: 's', genid: 'x' })).toThrow(TypeError)
  expect(() => session({ secret: [] })).toThrow('secret option array')
  expect(() => new session.Cookie({ maxAge: 'x' })).toThrow(TypeError)
  expect(() => new session.Cookie().serialize('name', '\ud800')).toThrow(URIError)
  const next = jest.fn()
  session({ resave: false, saveUninitialized: false })({ url: '/', headers: {} }, {}, next)
  expect(next).toHaveBeenCalledWith(expect.any(Error))
})

test('the session of a mock is compared and printed like an object', () => {
  const next = jest.fn()
  const req = { method: 'GET', url: '/', headers: {}, rawHeaders: [] }
  const options = { secret: 's', resave: false, saveUninitialized: false, genid: () => 'id' }
  session(options)(req, {}, next)
  expect(next).toHaveBeenCalledWith()
  expect(req).toHaveProperty('session')
  expect(req).toMatchObject({ sessionID: 'id', session: { cookie: { path: '/' } } })
  req.session.user = { name: 'tobi' }
  expect(req.session).toEqual(
    expect.objectContaining({ user: { name: 'tobi' }, cookie: expect.any(Object) })
  )
  expect(req.session).toMatchInlineSnapshot(`
Session {
  "cookie": {
    "domain": undefined,
    "expires": null,
    "httpOnly": true,
    "originalMaxAge": null,
    "partitioned": undefined,
    "path": "/",
    "priority": undefined,
    "sameSite": undefined,
    "secure": undefined,
  },
  "user": {
    "name": "tobi",
  },
}
`)
  expect({ ...req }.session).toBe(req.session)
  req.session = null
  expect(req.session).toBeNull()
})

if (isOurs) {
  test('errors of our own are of the classes that a test knows', async () => {
    expect(() => new session.MemoryStore({ maxSessions: 'x' })).toThrow(TypeError)
    const store = new session.MemoryStore({ maxSessions: 1, onFull: 'reject' })
    const set = (id) =>
      new Promise((resolve) => store.set(id, { cookie: new session.Cookie() }, resolve))
    expect(await set('a')).toBeUndefined()
    expect(await set('b')).toBeInstanceOf(Error)
    expect(store.stats()).toMatchObject({ sessions: 1, refusals: 1 })
    await store.close()
    expect(await set('a')).toMatchObject({ code: 'ERR_SESSION_STORE_CLOSED' })
  })
}
