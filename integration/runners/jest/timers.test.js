'use strict'

// Jest's own fake timers: sessions expire by them, requests are answered in spite of them, and there is
// nothing in a store that they could run forever.

const request = require('supertest')

const { PACKAGE } = process.env

let session
let makeSite

beforeEach(() => {
  jest.resetModules()
  session = require(PACKAGE)
  ;({ makeSite } = require('../site'))
})

afterEach(() => {
  jest.useRealTimers()
})

const held = (maxAge) => ({ cookie: new session.Cookie({ maxAge }), user: 'tobi' })
const ask = (store, method, ...args) =>
  new Promise((resolve) => store[method](...args, (_, result) => resolve(result)))

test('a session expires when time is moved', async () => {
  jest.useFakeTimers()
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(60_000))
  jest.advanceTimersByTime(59_000)
  expect(await ask(store, 'get', 'sid')).toMatchObject({ user: 'tobi' })
  jest.advanceTimersByTime(1000)
  expect(await ask(store, 'get', 'sid')).toBeUndefined()
})

test('a store has no timers', async () => {
  jest.useFakeTimers()
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(1000))
  expect(jest.getTimerCount()).toBe(0)
  jest.runAllTimers()
  jest.runOnlyPendingTimers()
  expect(jest.getTimerCount()).toBe(0)
})

test('the time may be any', async () => {
  for (const now of [0, new Date('1999-12-31'), new Date('2040-01-01'), 8.64e15 - 1e9]) {
    jest.useFakeTimers({ now })
    const store = new session.MemoryStore()
    await ask(store, 'set', 'sid', held(60_000))
    expect(await ask(store, 'get', 'sid')).toMatchObject({ user: 'tobi' })
    jest.setSystemTime(Date.now() + 60_001)
    expect(await ask(store, 'get', 'sid')).toBeUndefined()
    jest.useRealTimers()
  }
})

test('requests are answered while timers are fake, and sessions end', async () => {
  const app = makeSite(session, { cookie: { maxAge: 60_000 }, rolling: true })
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
  const agent = request.agent(app)
  await agent.get('/login')
  expect((await agent.get('/me')).body).toEqual({ user: 'tobi', maxAge: 60_000 })
  jest.advanceTimersByTime(50_000)
  await agent.get('/plain')
  jest.advanceTimersByTime(50_000)
  expect((await agent.get('/me')).body.user).toBe('tobi')
  jest.advanceTimersByTime(60_001)
  expect((await agent.get('/me')).body.user).toBeNull()
})

test('requests are answered when all timers are fake', async () => {
  const app = makeSite(session)
  const agent = request.agent(app)
  await agent.get('/login')
  jest.useFakeTimers()
  const answer = new Promise((resolve, reject) => {
    agent.get('/me').end((error, response) => (error ? reject(error) : resolve(response)))
  })
  expect((await answer).body.user).toBe('tobi')
})

test('a store that was made while timers were fake works with real ones', async () => {
  jest.useFakeTimers({ now: new Date('2040-01-01') })
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(null))
  jest.useRealTimers()
  const agent = request.agent(makeSite(session, { store }))
  await agent.get('/count')
  expect((await agent.get('/count')).body).toEqual({ views: 2 })
  expect(await ask(store, 'length')).toBe(2)
})
