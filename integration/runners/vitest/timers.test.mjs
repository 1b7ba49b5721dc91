// Vitest's own fake timers: sessions expire by them, requests are answered in spite of them, and there is
// nothing in a store that they could run forever.

import request from 'supertest'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeSite } from '../site.js'

const { PACKAGE } = process.env

let session

beforeEach(async () => {
  vi.resetModules()
  ;({ default: session } = await import(PACKAGE))
})

afterEach(() => {
  vi.useRealTimers()
})

const held = (maxAge) => ({ cookie: new session.Cookie({ maxAge }), user: 'tobi' })
const ask = (store, method, ...args) =>
  new Promise((resolve) => store[method](...args, (_, result) => resolve(result)))

test('a session expires when time is moved', async () => {
  vi.useFakeTimers()
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(60_000))
  vi.advanceTimersByTime(59_000)
  expect(await ask(store, 'get', 'sid')).toMatchObject({ user: 'tobi' })
  vi.advanceTimersByTime(1000)
  expect(await ask(store, 'get', 'sid')).toBeUndefined()
})

test('a store has no timers', async () => {
  vi.useFakeTimers()
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(1000))
  expect(vi.getTimerCount()).toBe(0)
  vi.runAllTimers()
  vi.runOnlyPendingTimers()
  expect(vi.getTimerCount()).toBe(0)
})

test('the time may be any', async () => {
  for (const now of [0, new Date('1999-12-31'), new Date('2040-01-01'), 8.64e15 - 1e9]) {
    vi.useFakeTimers({ now })
    const store = new session.MemoryStore()
    await ask(store, 'set', 'sid', held(60_000))
    expect(await ask(store, 'get', 'sid')).toMatchObject({ user: 'tobi' })
    vi.setSystemTime(Date.now() + 60_001)
    expect(await ask(store, 'get', 'sid')).toBeUndefined()
    vi.useRealTimers()
  }
})

test('requests are answered while timers are fake, and sessions end', async () => {
  const app = makeSite(session, { cookie: { maxAge: 60_000 }, rolling: true })
  vi.useFakeTimers({
    toFake: ['Date', 'setTimeout', 'setInterval', 'clearTimeout', 'clearInterval']
  })
  const agent = request.agent(app)
  await agent.get('/login')
  expect((await agent.get('/me')).body).toEqual({ user: 'tobi', maxAge: 60_000 })
  vi.advanceTimersByTime(50_000)
  await agent.get('/plain')
  vi.advanceTimersByTime(50_000)
  expect((await agent.get('/me')).body.user).toBe('tobi')
  vi.advanceTimersByTime(60_001)
  expect((await agent.get('/me')).body.user).toBeNull()
})

test('requests are answered when all timers are fake', async () => {
  const app = makeSite(session)
  const agent = request.agent(app)
  await agent.get('/login')
  vi.useFakeTimers()
  const answer = new Promise((resolve, reject) => {
    agent.get('/me').end((error, response) => (error ? reject(error) : resolve(response)))
  })
  expect((await answer).body.user).toBe('tobi')
})

test('a store that was made while timers were fake works with real ones', async () => {
  vi.useFakeTimers({ now: new Date('2040-01-01') })
  const store = new session.MemoryStore()
  await ask(store, 'set', 'sid', held(null))
  vi.useRealTimers()
  const agent = request.agent(makeSite(session, { store }))
  await agent.get('/count')
  expect((await agent.get('/count')).body).toEqual({ views: 2 })
  expect(await ask(store, 'length')).toBe(2)
})
