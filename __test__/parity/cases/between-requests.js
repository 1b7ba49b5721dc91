'use strict'

const assert = require('node:assert/strict')
const { plain } = require('../plain')
const { open, returning, storedSession } = require('../site')
const { cookieHeader, signed } = require('../signature')

// What is kept from one request, or read late, must not show in another.

const OPTIONS = { saveUninitialized: false }

const put = (site, sid, data, cookie) =>
  new Promise((resolve) => site.store.set(sid, storedSession(data, cookie), resolve))

const handle = (work) => (req, res) => {
  work(req)
  res.end()
}

/** A site with cookies that expire, of which a client has a session. */
async function openExpiring(session) {
  const options = { ...OPTIONS, cookie: { maxAge: 60_000 } }
  const site = open(session, { memory: true, options })
  await put(site, 'known', { user: 'a' })
  return { site, visit: (work) => site.visit({ ...returning(), handle: handle(work) }) }
}

async function patched(object, name, descriptor, work) {
  const original = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { configurable: true, ...descriptor })
  try {
    return await work()
  } finally {
    if (original) Object.defineProperty(object, name, original)
    else delete object[name]
  }
}

const CASES = {
  'a stored cookie of which none can be made is an error for the application, looked at or not':
    async (session) => {
      const seen = []
      for (const cookie of [{ maxAge: '1d' }, { maxAge: {} }, { maxAge: '1d', path: '/\\"' }]) {
        for (const look of [() => {}, (req) => req.session.user]) {
          const site = open(session, { memory: true, options: OPTIONS })
          await new Promise((resolve) => site.store.set('known', { cookie, user: 'a' }, resolve))
          seen.push(await site.visit({ ...returning(), handle: handle(look) }))
        }
      }
      return plain(seen)
    },

  'a cookie with attributes of its own is not that of other sessions': async (session) => {
    const site = open(session, { memory: true, options: OPTIONS })
    await put(site, 'known', { user: 'a' }, { priority: 'high', note: 'of a' })
    await site.visit({ ...returning(), handle: handle((req) => req.session.user) })
    await site.visit({
      handle: handle((req) => {
        req.session.user = 'b'
      })
    })
    return site.contents()
  },
  'a cookie that lacks an attribute gets it with a touch': async (session) => {
    const site = open(session, { memory: true, options: OPTIONS })
    await new Promise((resolve) => {
      const cookie = { originalMaxAge: null, expires: null, path: '/x' }
      site.store.set('known', { cookie, user: 'a' }, resolve)
    })
    await site.visit({ ...returning(), handle: handle(() => {}) })
    return site.contents()
  },
  'data that are named like what all sessions have are dropped, looked at or not': async (
    session
  ) => {
    const names = [
      'touch',
      'save',
      'id',
      'req',
      'valueOf',
      'constructor',
      '__proto__',
      'hasOwnProperty'
    ]
    const recording = {}
    for (const name of names) {
      for (const cookie of [{}, { maxAge: 60_000 }]) {
        const site = open(session, { memory: true, options: { ...OPTIONS, cookie } })
        const data = JSON.parse(`{"user":"a","${name}":5}`)
        await new Promise((resolve) => {
          site.store.set('known', { cookie: new session.Cookie(cookie), ...data }, resolve)
        })
        const visit = () => site.visit({ ...returning(), handle: handle(() => {}) })
        recording[`${name} ${cookie.maxAge}`] = [await visit(), await visit(), site.contents()]
      }
    }
    return recording
  },
  'what is assigned to a method is stored, and dropped by the next request': async (session) => {
    const { site, visit } = await openExpiring(session)
    return [
      await visit((req) => {
        req.session.toString = 'text'
      }),
      site.contents(),
      await visit(() => {}),
      site.contents(),
      await visit(() => {}),
      site.contents()
    ]
  },
  'a toJSON that gives what is named like a method has it dropped': async (session) => {
    const { site, visit } = await openExpiring(session)
    const toJSON = function () {
      return { cookie: this.cookie, user: 'b', touch: 5 }
    }
    return [
      await visit((req) => Object.defineProperty(req.session, 'toJSON', { value: toJSON })),
      site.contents(),
      await visit(() => {}),
      site.contents()
    ]
  },
  'a request that fails leaves no session behind for the next': async (session) => {
    const site = open(session, { memory: true, options: OPTIONS })
    await put(site, 'known', { user: 'admin' })
    const failure = plain(
      (() => {
        try {
          const headers = { cookie: cookieHeader('known') }
          return site.middleware({ url: '/', headers }, undefined, () => {})
        } catch (error) {
          return error
        }
      })()
    )
    await new Promise((resolve) => site.store.destroy('known', resolve))
    const cookies = { 'connect.sid': signed('known') }
    let seen
    const req = { url: '/', headers: {}, cookies }
    site.middleware(req, {}, () => (seen = plain(req.session?.user)))
    await new Promise(setImmediate)
    return { failure, seen }
  },
  'a new session has the cookie options of when its request began': async (session) => {
    const cookie = { maxAge: 60_000 }
    const site = open(session, { memory: true, options: { ...OPTIONS, cookie } })
    const heads = []
    for (const change of [{ maxAge: null }, { path: '/later' }, { sameSite: 'lax' }]) {
      const before = { ...cookie }
      const { head } = await site.visit({
        handle: handle((req) => {
          Object.assign(cookie, change)
          req.session.user = 'a'
          for (const key of Object.keys(cookie)) delete cookie[key]
          Object.assign(cookie, before)
        })
      })
      heads.push(head)
    }
    return { heads, contents: site.contents() }
  },
  'a request with an accessor of its own gets the session through it': async (session) => {
    const site = open(session, { memory: true, options: OPTIONS })
    let raw
    class Adapter {
      url = '/'
      headers = { cookie: cookieHeader('known') }
      get session() {
        return raw
      }
      set session(value) {
        raw = value
      }
    }
    await put(site, 'known', { user: 'a' })
    await new Promise((resolve) => site.middleware(new Adapter(), {}, resolve))
    return plain(raw?.user)
  },
  'a copy of a request with all its properties is not the request': async (session) => {
    const site = open(session, { memory: true, options: { ...OPTIONS, unset: 'destroy' } })
    await put(site, 'known', { user: 'a' })
    let seen
    await site.visit({
      ...returning(),
      handle: handle((req) => {
        const copy = Object.create(
          Object.getPrototypeOf(req),
          Object.getOwnPropertyDescriptors(req)
        )
        copy.session = null
        seen = plain(req.session.user)
      })
    })
    return { seen, contents: site.contents() }
  },
  'a toJSON of all sessions counts for those that nobody reads': (session) =>
    patched(
      session.Session.prototype,
      'toJSON',
      {
        value() {
          return { ...this, added: 1 }
        }
      },
      async () => {
        const site = open(session, { memory: true, options: OPTIONS })
        await new Promise((resolve) => {
          site.store.set('known', storedSession({ user: 'a' }), resolve)
        })
        await site.visit({ ...returning(), handle: handle(() => {}) })
        return site.contents()
      }
    ),
  'dates that are written in another form are so in cookies': (session) =>
    patched(
      Date.prototype,
      'toJSON',
      {
        value() {
          return this.toUTCString()
        }
      },
      async () => {
        const options = { ...OPTIONS, cookie: { maxAge: 60_000 } }
        const site = open(session, { memory: true, options })
        await site.visit({
          handle: handle((req) => {
            req.session.user = 'a'
          })
        })
        return site.contents()
      }
    ),
  'data that ask the cookie for its JSON get it': async (session) => {
    const site = open(session, { memory: true, options: OPTIONS })
    await site.visit({
      handle: handle((req) => {
        req.session.data = { toJSON: () => req.session.cookie.toJSON().path }
      })
    })
    return site.contents()
  }
}

module.exports = Object.entries(CASES).map(([name, run]) => ({
  name,
  run,
  expect(recording) {
    assert.ok(recording)
  }
}))
