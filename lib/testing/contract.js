'use strict'

const assert = require('assert')
const { AsyncLocalStorage } = require('async_hooks')
const { promised, wait } = require('./trial')

/** How many milliseconds a session lives that has to expire. Some stores count in seconds. */
const SHORT = 1000
const EXPIRED = 1700

const contract = []

/** Adds a point that express-session asks for. */
function asked(id, title, run) {
  contract.push({ id, title, isBeyond: false, run })
}

/** Adds a point that only the stores of this package promise. */
function beyond(id, title, run) {
  contract.push({ id, title, isBeyond: true, run })
}

asked('absent', 'an unknown id has no session, which is not an error', async (t) => {
  await t.assertAbsent(t.id())
})

asked('data', 'a session comes back as its JSON says', async (t) => {
  const sid = t.id()
  const data = {
    user: { name: 'Jürgen 🐢', roles: ['admin', null, 1.5, true] },
    quote: '"\\\n\u2028',
    date: new Date(0),
    7: 'a number as a name',
    empty: {}
  }
  await t.set(sid, data)
  // A store may add members of its own.
  const found = await t.get(sid)
  for (const [name, value] of Object.entries(JSON.parse(JSON.stringify(data)))) {
    assert.deepStrictEqual(found[name], value)
  }
})

asked('cookie', 'the cookie comes back with its expiry and attributes', async (t) => {
  const sid = t.id()
  const session = t.session(sid, {}, 60_000)
  const attributes = { domain: 'example.com', path: '/app', sameSite: 'lax', secure: true }
  Object.assign(session.cookie, attributes)
  const expires = +session.cookie.expires
  await t.call('set', sid, session)
  const { cookie } = await t.get(sid)
  assert.deepStrictEqual(
    [cookie.domain, cookie.path, cookie.sameSite, cookie.secure, cookie.httpOnly],
    ['example.com', '/app', 'lax', true, true]
  )
  assert.strictEqual(cookie.originalMaxAge, 60_000)
  assert.strictEqual(+new Date(cookie.expires), expires)
})

asked('no-expiry', 'a session whose cookie has no expiry is kept', async (t) => {
  const sid = t.id()
  await t.set(sid, { n: 1 }, null)
  await wait(50)
  const found = await t.get(sid)
  assert.strictEqual(found.n, 1)
  assert.ok(!found.cookie.expires)
})

asked('large', 'a session of 100 KB comes back', async (t) => {
  const sid = t.id()
  const text = 'é'.repeat(50_000)
  await t.set(sid, { text })
  assert.strictEqual((await t.get(sid)).text, text)
})

asked('overwrite', 'a session that is saved again replaces the one before', async (t) => {
  const sid = t.id()
  await t.set(sid, { old: true })
  await t.set(sid, { n: 2 })
  const { n, old } = await t.get(sid)
  assert.deepStrictEqual([n, old], [2, undefined])
})

asked('copy', 'what is loaded is a copy: changing it changes nothing in the store', async (t) => {
  const sid = t.id()
  const session = t.session(sid, { list: [1] })
  await t.call('set', sid, session)
  session.list.push(2)
  const found = await t.get(sid)
  found.list.push(3)
  assert.deepStrictEqual((await t.get(sid)).list, [1])
})

asked('destroy', 'a session that is destroyed is gone', async (t) => {
  const [sid, other] = [t.id(), t.id()]
  await t.set(sid, {})
  await t.set(other, {})
  await t.call('destroy', sid)
  await t.assertAbsent(sid)
  assert.ok(await t.get(other))
})

asked('destroy-absent', 'destroying an unknown id is not an error', async (t) => {
  await t.call('destroy', t.id())
})

asked('destroy-without-callback', 'destroy works without a callback', async (t) => {
  const sid = t.id()
  await t.set(sid, {})
  t.store.destroy(sid)
  const end = Date.now() + 2000
  while ((await t.get(sid)) && Date.now() < end) await wait(10)
  await t.assertAbsent(sid)
})

asked('expired', 'an expired session is not returned', async (t) => {
  const sid = t.id()
  await t.set(sid, {}, SHORT)
  assert.ok(await t.get(sid))
  await wait(EXPIRED)
  await t.assertAbsent(sid, 'get returned an expired session')
})

asked('touch', 'touch, if there is one, moves the expiry', async (t) => {
  if (typeof t.store.touch !== 'function') return
  const sid = t.id()
  await t.set(sid, { n: 1 }, SHORT)
  await t.call('touch', sid, t.session(sid, { n: 1 }, 60_000))
  await wait(EXPIRED)
  assert.strictEqual((await t.get(sid))?.n, 1)
})

asked('touch-absent', 'touching an unknown id makes no session, and is not an error', async (t) => {
  if (typeof t.store.touch !== 'function') return
  const sid = t.id()
  await t.call('touch', sid, t.session(sid, { n: 1 }))
  await t.assertAbsent(sid)
})

asked('circular', 'saving a session that cannot be serialized fails', async (t) => {
  const sid = t.id()
  const session = t.session(sid, {})
  session.self = session
  await assert.rejects(async () => t.call('set', sid, session))
})

asked('many', 'hundreds of calls at once are each answered with their own session', async (t) => {
  const ids = Array.from({ length: 300 }, () => t.id())
  await Promise.all(ids.map((sid, n) => t.set(sid, { n })))
  const found = await Promise.all(ids.map((sid) => t.get(sid)))
  assert.deepStrictEqual(
    found.map(({ n }) => n),
    ids.map((_, n) => n)
  )
  await Promise.all(ids.map((sid) => t.call('destroy', sid)))
})

asked('load', 'load gives a session with its methods', async (t) => {
  const sid = t.id()
  await t.set(sid, { n: 1 })
  const session = await t.call('load', sid)
  session.n = 2
  await promised(session, 'save')
  assert.strictEqual((await t.get(sid)).n, 2)
})

asked('all', 'all, if there is one, gives the sessions that have not expired', async (t) => {
  if (typeof t.store.all !== 'function') return
  const [kept, destroyed, expired] = [t.id(), t.id(), t.id()]
  for (const sid of [kept, destroyed]) await t.set(sid, { mark: sid })
  await t.set(expired, { mark: expired }, SHORT)
  await t.call('destroy', destroyed)
  await wait(EXPIRED)
  const marks = new Set(Object.values(await t.call('all')).map(({ mark }) => mark))
  assert.deepStrictEqual(
    [kept, destroyed, expired].map((sid) => marks.has(sid)),
    [true, false, false]
  )
})

asked('length-and-clear', 'length counts sessions, and clear removes them', async (t) => {
  const [canCount, canClear] = ['length', 'clear'].map(
    (name) => typeof t.store[name] === 'function'
  )
  if (canClear) await t.call('clear')
  const before = canCount ? await t.call('length') : undefined
  const ids = [t.id(), t.id(), t.id()]
  for (const sid of ids) await t.set(sid, {})
  if (canCount) assert.strictEqual(await t.call('length'), before + 3)
  if (!canClear) return
  await t.call('clear')
  for (const sid of ids) await t.assertAbsent(sid)
  if (canCount) assert.strictEqual(await t.call('length'), 0)
})

asked('requests', 'users log in, are known and log out', async (t) => {
  const handle = async ({ session, url }) => {
    if (url === '/login') session.user = 'tobi'
    if (url === '/logout') await promised(session, 'destroy')
    return session.user
  }
  await t.serve(handle, async (ask) => {
    assert.strictEqual(await ask('/'), 'undefined')
    assert.strictEqual(await ask('/login'), 'tobi')
    assert.strictEqual(await ask('/'), 'tobi')
    await ask('/logout')
    assert.strictEqual(await ask('/'), 'undefined')
  })
})

asked('regenerate', 'a session can be regenerated, saved and reloaded in requests', async (t) => {
  const handle = async (req) => {
    if (req.url === '/login') {
      await promised(req.session, 'regenerate')
      req.session.user = 'tobi'
      await promised(req.session, 'save')
      req.session.user = 'nobody'
      await promised(req.session, 'reload')
    } else {
      req.session.visits = (req.session.visits ?? 0) + 1
    }
    return JSON.stringify([req.session.user, req.session.visits])
  }
  await t.serve(handle, async (ask) => {
    assert.strictEqual(await ask('/'), '[null,1]')
    assert.strictEqual(await ask('/login'), '["tobi",null]')
    assert.strictEqual(await ask('/'), '["tobi",1]')
    assert.strictEqual(await ask('/'), '["tobi",2]')
  })
})

beyond(
  'late-save',
  'a session that was destroyed meanwhile is not brought back by a save',
  async (t) => {
    for (const maxAge of [60_000, null]) {
      const sid = t.id()
      await t.set(sid, { n: 1 }, maxAge)
      const late = await t.call('load', sid)
      await t.call('destroy', sid)
      late.n = 2
      await promised(late, 'save')
      await t.assertAbsent(sid)
    }
  }
)

beyond(
  'late-request',
  'a request that was running at a logout does not bring the session back',
  async (t) => {
    let go
    const isLoggedOut = new Promise((resolve) => (go = resolve))
    let arrive
    const hasArrived = new Promise((resolve) => (arrive = resolve))
    const handle = async ({ session, url }) => {
      if (url === '/login') session.user = 'tobi'
      if (url === '/logout') await promised(session, 'destroy')
      if (url === '/slow') {
        session.visited = true
        arrive()
        await isLoggedOut
      }
      return session.user
    }
    await t.serve(handle, async (ask) => {
      await ask('/login')
      const slow = ask('/slow')
      await hasArrived
      await ask('/logout')
      go()
      await slow
      assert.strictEqual(await ask('/'), 'undefined')
    })
  }
)

beyond('new-again', 'a new session may have the id of one that was destroyed', async (t) => {
  const sid = t.id()
  await t.set(sid, { n: 1 })
  await t.call('destroy', sid)
  await t.set(sid, { n: 2 })
  assert.strictEqual((await t.get(sid)).n, 2)
})

beyond('lapsed', 'a session that has expired since it was loaded is saved anew', async (t) => {
  const sid = t.id()
  await t.set(sid, { n: 1 }, SHORT)
  const session = await t.call('load', sid)
  await wait(EXPIRED)
  session.cookie.maxAge = 60_000
  await promised(session, 'save')
  assert.strictEqual((await t.get(sid)).n, 1)
})

beyond('order', 'calls for one id take effect in their order', async (t) => {
  const sid = t.id()
  const calls = []
  for (let n = 0; n < 50; n++) calls.push(t.set(sid, { n }))
  calls.push(t.get(sid))
  assert.strictEqual((await Promise.all(calls)).pop().n, 49)
})

beyond('async-context', 'callbacks run in the async context of the call', async (t) => {
  const storage = new AsyncLocalStorage()
  const seen = await Promise.all(
    [1, 2, 3].map((n) =>
      storage.run(n, async () => {
        const sid = t.id()
        const inside = []
        const note = () => inside.push(storage.getStore())
        await new Promise((resolve) => t.store.set(sid, t.session(sid, {}), () => resolve(note())))
        await new Promise((resolve) => t.store.get(sid, () => resolve(note())))
        await new Promise((resolve) => t.store.destroy(sid, () => resolve(note())))
        return inside
      })
    )
  )
  assert.deepStrictEqual(seen, [
    [1, 1, 1],
    [2, 2, 2],
    [3, 3, 3]
  ])
})

beyond('pages', 'entries and ids go through all sessions', async (t) => {
  t.assertMethods('entries', 'ids')
  const ids = Array.from({ length: 25 }, () => t.id()).toSorted()
  const destroyed = t.id()
  for (const sid of [...ids, destroyed]) await t.set(sid, { sid })
  await t.call('destroy', destroyed)
  const own = (sid) => sid === destroyed || ids.includes(sid)
  const found = []
  for await (const [sid, session] of atMost(t.store.entries({ pageSize: 10 }))) {
    if (own(sid)) assert.strictEqual(session.sid, sid)
    found.push(sid)
  }
  const listed = []
  for await (const sid of atMost(t.store.ids({ pageSize: 10 }))) listed.push(sid)
  assert.deepStrictEqual(found.filter(own).toSorted(), ids)
  assert.deepStrictEqual(listed.filter(own).toSorted(), ids)
})

/** Ends an iteration that does not end. */
async function* atMost(items, most = 100_000) {
  for await (const item of items) {
    assert.ok(most-- > 0, 'the iteration does not end')
    yield item
  }
}

beyond('stats', 'stats counts sessions, and saves that were dropped', async (t) => {
  const sid = t.id()
  t.assertMethods('stats')
  const before = await t.store.stats()
  await t.set(sid, {})
  const late = await t.call('load', sid)
  assert.strictEqual((await t.store.stats()).sessions, before.sessions + 1)
  await t.call('destroy', sid)
  await promised(late, 'save')
  const after = await t.store.stats()
  assert.deepStrictEqual(
    [after.sessions, after.droppedSaves],
    [before.sessions, before.droppedSaves + 1]
  )
})

beyond(
  'close',
  'calls on a closed store fail with ERR_SESSION_STORE_CLOSED, and it can be closed twice',
  async (t) => {
    t.assertMethods('close')
    await t.store.close()
    await t.store.close()
    await assert.rejects(t.get(t.id()), { code: 'ERR_SESSION_STORE_CLOSED' })
    await assert.rejects(t.set(t.id(), {}), { code: 'ERR_SESSION_STORE_CLOSED' })
  }
)

module.exports = { contract }
