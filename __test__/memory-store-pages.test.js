'use strict'

const assert = require('node:assert')
const { test } = require('node:test')
const session = require('..')

const { Cookie, MemoryStore } = session

const turn = () => new Promise(setImmediate)

async function list(items) {
  const found = []
  for await (const item of items) found.push(item)
  return found
}

function filled(count, make = (n) => ({ n })) {
  const store = new MemoryStore()
  for (let n = 0; n < count; n++) store.set(`sid${n}`, make(n))
  return store
}

for (const pageSize of [undefined, 1, 7, 1000]) {
  test(`each session comes up once, in pages of ${pageSize}`, async () => {
    const entries = await list(filled(300).entries({ pageSize }))
    assert.strictEqual(entries.length, 300)
    assert.deepStrictEqual(
      new Map(entries),
      new Map(Array.from({ length: 300 }, (_, n) => [`sid${n}`, { n }]))
    )
    const ids = await list(filled(300).ids({ pageSize }))
    assert.strictEqual(new Set(ids).size, 300)
  })
}

test('sessions that stay come up once while others come and go', async () => {
  const store = filled(2000)
  const seen = new Map()
  for await (const [sid] of store.entries({ pageSize: 50 })) {
    seen.set(sid, (seen.get(sid) ?? 0) + 1)
    const n = seen.size
    if (n < 1700) store.destroy(`sid${n}`)
    store.set(`new${n % 100}`, {})
  }
  for (const [sid, times] of seen) assert.strictEqual(times, 1, sid)
  for (let n = 1700; n < 2000; n++) assert.ok(seen.has(`sid${n}`), `sid${n}`)
  assert.ok(seen.has('sid0'))
})

test('other work has its turn between two pages', async () => {
  let turns = 0
  let done = false
  const count = async () => {
    while (!done) {
      await turn()
      turns++
    }
  }
  const counting = count()
  await list(filled(100).ids({ pageSize: 10 }))
  done = true
  await counting
  assert.ok(turns >= 10, `${turns} turns`)
})

test('expired sessions do not come up, in whatever form their expiry is', async () => {
  const store = filled(3, () => ({ cookie: new Cookie({ maxAge: -1 }) }))
  store.set('odd', { cookie: { expires: 'Thu, 01 Jan 1970 00:00:00 GMT' } })
  store.set('live', {})
  assert.deepStrictEqual(await list(store.entries()), [['live', {}]])
})

test('leaving early is no problem', async () => {
  for await (const [sid] of filled(100).entries({ pageSize: 10 })) {
    assert.ok(sid)
    break
  }
})

test('a page size has to be a whole number above 0', async () => {
  for (const pageSize of [0, -1, 1.5, '10', null]) {
    await assert.rejects(list(filled(1).ids({ pageSize })), { name: 'TypeError' })
  }
})

test('a plain object in place of the view is gone through as well', async () => {
  const store = new MemoryStore()
  store.sessions = { a: '{"n":1}', b: '{"cookie":{"expires":1}}' }
  assert.deepStrictEqual(await list(store.entries()), [['a', { n: 1 }]])
  assert.deepStrictEqual(await list(store.ids()), ['a'])
})
