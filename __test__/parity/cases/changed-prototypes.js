'use strict'

const assert = require('node:assert/strict')
const { plain } = require('../plain')
const { open, returning } = require('../site')

// What an application puts on the prototypes of sessions and cookies happens to all of them, whether
// a session is read or not. Each of these has a process of its own.

const count = (calls, name) => (calls[name] = (calls[name] ?? 0) + 1)

/** An accessor that does what it did before, and something else. */
function accessor(calls, object, name, { get, set }) {
  const before = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, {
    ...before,
    ...(get && {
      get() {
        return get(before.get.call(this), this)
      }
    }),
    ...(set && {
      set(value) {
        count(calls, name)
        before.set.call(this, set(value, this))
      }
    })
  })
}

const ATTRIBUTES = {
  originalMaxAge: 5,
  _expires: new Date(1.9e12),
  path: '/p',
  httpOnly: false,
  secure: true,
  domain: 'd.example',
  sameSite: 'lax',
  priority: 'high',
  partitioned: true
}

/** All cookies are given one, whatever theirs is. */
const attributeChanges = Object.entries(ATTRIBUTES).map(([name, value]) => [
  `an accessor for ${name}`,
  ({ Cookie }, calls) =>
    Object.defineProperty(Cookie.prototype, name, {
      configurable: true,
      get: () => value,
      set() {
        count(calls, name)
      }
    })
])

const CHANGES = {
  ...Object.fromEntries(attributeChanges),
  'another prototype of cookies': ({ Cookie }) => {
    Cookie.prototype = Object.create(Cookie.prototype, {
      isMine: { value: true },
      constructor: { value: Cookie }
    })
  },
  'another prototype of cookies that moves every expiry': ({ Cookie }, calls) => {
    const { prototype } = Cookie
    Cookie.prototype = Object.create(prototype, {
      expires: {
        get() {
          return this._expires
        },
        set(value) {
          count(calls, 'expires')
          this._expires = value
          this.originalMaxAge = 1000
        }
      }
    })
  },
  'a setter of expires': ({ Cookie }, calls) =>
    accessor(calls, Cookie.prototype, 'expires', {
      set: (value) => value && new Date(value.getTime() + 5000)
    }),
  'a getter of expires': ({ Cookie }, calls) =>
    accessor(calls, Cookie.prototype, 'expires', {
      get: (value) => value ?? new Date(1.9e12)
    }),
  'a setter of maxAge': ({ Cookie }, calls) =>
    accessor(calls, Cookie.prototype, 'maxAge', { set: (value) => value && value * 2 }),
  'a getter of maxAge': ({ Cookie }, calls) =>
    accessor(calls, Cookie.prototype, 'maxAge', { get: (value) => value && value - 7 }),
  'a getter of data': ({ Cookie }, calls) =>
    accessor(calls, Cookie.prototype, 'data', { get: (value) => ({ ...value, mine: 1 }) }),
  'an attribute that all cookies have': ({ Cookie }) => {
    Cookie.prototype.sameSite = 'lax'
  },
  'a setter of an attribute': ({ Cookie }, calls) =>
    Object.defineProperty(Cookie.prototype, 'httpOnly', {
      get() {
        return this._httpOnly
      },
      set(value) {
        count(calls, 'httpOnly')
        this._httpOnly = value
      }
    }),
  'an attribute of what cookies inherit from': ({ Cookie }) =>
    Object.setPrototypeOf(Cookie.prototype, { partitioned: true }),
  'an expiry that is not listed': ({ Cookie }) =>
    Object.defineProperty(Cookie.prototype, 'expires', { enumerable: false }),
  'a toJSON of cookies': ({ Cookie }) => {
    Cookie.prototype.toJSON = function () {
      return { ...this.data, mine: 1 }
    }
  },
  'a method of all objects': () => {
    Object.prototype.extend = function () {}
  },
  'an attribute of all objects': () => {
    Object.prototype.domain = 'example.com'
  },
  'an attribute of all objects that is not listed': () =>
    Object.defineProperty(Object.prototype, 'priority', { configurable: true, value: 'high' }),
  'descriptors that say more': () =>
    Object.defineProperty(Object.prototype, 'configurable', { configurable: true, value: false }),
  'another prototype of sessions': ({ Session }, calls) => {
    const { prototype } = Session
    Session.prototype = Object.create(prototype, {
      touch: {
        value() {
          count(calls, 'touch')
          return prototype.touch.call(this)
        }
      }
    })
  },
  'an accessor for touch': ({ Session }, calls) => {
    const { touch } = Session.prototype
    Object.defineProperty(Session.prototype, 'touch', {
      get() {
        count(calls, `touch of ${this.req.sessionID}`)
        return touch
      }
    })
  },
  'a cookie of all sessions': ({ Session, Cookie }) =>
    Object.defineProperty(Session.prototype, 'cookie', {
      configurable: true,
      value: new Cookie({ maxAge: 1000 }),
      writable: true
    }),
  'an accessor for toJSON': ({ Session }) =>
    Object.defineProperty(Session.prototype, 'toJSON', {
      get() {
        return this.cookie ? () => ({ ...this, mine: 1 }) : undefined
      }
    }),
  'a touch of sessions': ({ Session }, calls) => {
    const { touch } = Session.prototype
    Session.prototype.touch = function () {
      this.touched = count(calls, 'touch')
      return touch.call(this)
    }
  },
  'a resetMaxAge of sessions': ({ Session }, calls) => {
    Session.prototype.resetMaxAge = function () {
      count(calls, 'resetMaxAge')
      this.cookie.maxAge = 1234
      return this
    }
  },
  'a toJSON of sessions': ({ Session }) => {
    Session.prototype.toJSON = function () {
      return { ...this, mine: 1 }
    }
  },
  'a save of sessions': ({ Session }, calls) => {
    const { save } = Session.prototype
    Session.prototype.save = function (...args) {
      count(calls, 'save')
      return save.apply(this, args)
    }
  },
  'a method of sessions': ({ Session }) => {
    Session.prototype.isIn = function () {
      return this.user !== undefined
    }
  }
}

const OPTIONS = {
  'usual options': { saveUninitialized: false },
  'a cookie that expires': { saveUninitialized: false, cookie: { maxAge: 60_000 } },
  'rolling and defaults': { rolling: true, resave: true, cookie: { maxAge: 60_000, domain: 'd' } }
}

const HANDLERS = {
  'not looked at': () => {},
  read: ({ session }) => plain([{ ...session }, session.cookie.constructor.name]),
  'its cookie': ({ session: { cookie } }, { Cookie }) => {
    const keys = []
    for (const key in cookie) keys.push(key)
    return [keys, plain({ ...cookie }), cookie instanceof Cookie, plain(cookie.isMine)]
  },
  changed: ({ session }) => {
    session.more = 1
  }
}

/** A setter that comes after the session was made is not told that it has no expiry: docs/differences.md. */
function mayDiffer(name, isLate, { cookie }, who) {
  return isLate && name.startsWith('a setter of') && !cookie?.maxAge && who === 'fresh'
}

async function visits(session, name, isLate) {
  const calls = {}
  const sites = []
  for (const [label, options] of Object.entries(OPTIONS)) {
    for (const what of Object.keys(HANDLERS)) {
      for (const [who, request] of Object.entries({ fresh: {}, known: returning() })) {
        if (mayDiffer(name, isLate, options, who)) continue
        const site = open(session, { memory: true, options })
        const { maxAge = null, domain } = options.cookie ?? {}
        const cookie = new session.Cookie({ maxAge, domain })
        // Before anything is changed, and by its method: what is put into `sessions` by hand is not kept
        // unread.
        await new Promise((resolve) => {
          site.store.set('known', { cookie, user: 'tobi', isIn: 'data' }, resolve)
        })
        sites.push({ name: `${label}: ${what}, ${who}`, site, request, look: HANDLERS[what] })
      }
    }
  }

  const recording = {}
  let isChanged = false
  const changeOnce = () => {
    if (!isChanged) CHANGES[name](session, calls)
    isChanged = true
  }
  if (!isLate) changeOnce()
  for (const { name, site, request, look } of sites) {
    const visit = () =>
      site.visit({
        ...request,
        handle(req, res, log) {
          changeOnce()
          log.add('look', look(req, session))
          res.end('body')
        }
      })
    // What the first one leaves in the store is what the second one finds.
    recording[name] = [await visit(), await visit(), site.contents(), { ...calls }]
  }
  return recording
}

function testCase(name, isLate) {
  return {
    name: `sessions are the same with ${name}${isLate ? ', from within a handler' : ''}`,
    env: {},
    run: (session) => visits(session, name, isLate),
    expect({ code, value }) {
      assert.strictEqual(code, 0)
      assert.ok(Object.values(value).every(([{ finished }]) => finished))
    }
  }
}

// A session is made when it is first looked at: see docs/differences.md.
const COUNT_EARLIER = new Set([
  'a cookie of all sessions',
  'a setter of an attribute',
  'another prototype of sessions',
  ...attributeChanges.map(([name]) => name)
])

module.exports = Object.keys(CHANGES).flatMap((name) => {
  const cases = [testCase(name, false)]
  if (!COUNT_EARLIER.has(name)) cases.push(testCase(name, true))
  return cases
})
