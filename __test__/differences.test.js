'use strict'

// One test for each deviation from express-session that docs/differences.md lists.

const assert = require('node:assert')
const { EventEmitter, once } = require('node:events')
const { ServerResponse } = require('node:http')
const http2 = require('node:http2')
const { test } = require('node:test')
const compression = require('compression')
const genuine = require('express-session')
const session = require('..')
const { cookieOf, request, serving } = require('./support/server')

const OPTIONS = { secret: 'secret', resave: false, saveUninitialized: true }

/** A store that answers in a later turn, as stores on a network do. */
class LaterStore extends session.Store {
  texts = new Map()
  get(sid, callback) {
    const text = this.texts.get(sid)
    setImmediate(callback, null, text && JSON.parse(text))
  }
  set(sid, data, callback) {
    this.texts.set(sid, JSON.stringify(data))
    setImmediate(callback)
  }
  destroy(sid, callback) {
    this.texts.delete(sid)
    setImmediate(callback)
  }
}

const stores = { MemoryStore: () => new session.MemoryStore(), LaterStore: () => new LaterStore() }

const overloads = {
  'end(callback)': { end: (res, callback) => res.end(callback), body: '' },
  'end(data, callback)': { end: (res, callback) => res.end('data', callback), body: 'data' },
  'end(data, encoding, callback)': {
    end: (res, callback) => res.end('ZGF0YQ==', 'base64', callback),
    body: 'data'
  },
  'end(data, callback) with a length': {
    end: (res, callback) => res.setHeader('Content-Length', 4).end('data', callback),
    body: 'data'
  }
}

for (const [storeName, makeStore] of Object.entries(stores)) {
  for (const [form, { end, body }] of Object.entries(overloads)) {
    test(`res.${form} calls back while a ${storeName} saves`, async () => {
      const middleware = session({ ...OPTIONS, store: makeStore() })
      let called
      const callback = new Promise((resolve) => (called = resolve))
      const handler = (req, res) => middleware(req, res, () => end(res, called))
      await serving(handler, async (port) => {
        const response = await request(port)
        assert.strictEqual(response.body, body)
        assert.ok(cookieOf(response))
        // For "no error" Node 22 says undefined, and Node 24 null.
        assert.strictEqual((await callback) ?? null, null)
      })
    })
  }

  test(`a second res.end(callback) calls back too, with a ${storeName}`, async () => {
    const middleware = session({ ...OPTIONS, store: makeStore() })
    let called
    const callbacks = new Promise((resolve) => (called = resolve))
    const calls = []
    const note = (name) => () => {
      calls.push(name)
      if (calls.length === 2) called()
    }
    const handler = (req, res) =>
      middleware(req, res, () => {
        res.end('once', note('first'))
        assert.strictEqual(res.end('twice', note('second')), false)
      })
    await serving(handler, async (port) => {
      assert.strictEqual((await request(port)).body, 'once')
      await callbacks
      assert.deepStrictEqual(calls.sort(), ['first', 'second'])
    })
  })

  test(`a second res.end(callback) after a failed one calls back as in plain Node, with a ${storeName}`, async () => {
    const withSession = session({ ...OPTIONS, store: makeStore() })
    const withoutSession = (req, res, next) => next()
    for (const middleware of [withoutSession, withSession]) {
      const calls = []
      const handler = (req, res) =>
        middleware(req, res, () => {
          assert.throws(() => res.end(5), { code: 'ERR_INVALID_ARG_TYPE' })
          res.once('finish', () => calls.push('finished'))
          res.end('late', () => calls.push('called'))
          // A session's response is not ended by it, as in express-session: somebody else has to.
          if (!res.writableEnded) ServerResponse.prototype.end.call(res, 'late')
        })
      await serving(handler, async (port) => {
        assert.strictEqual((await request(port)).body, 'late')
        while (calls.length < 2) await new Promise(setImmediate)
      })
      // Since version 24.21 or earlier, Node itself calls back before the event.
      assert.deepStrictEqual(calls.toSorted(), ['called', 'finished'])
    }
  })

  test(`a second res.end(callback) of a response that is being compressed calls back, with a ${storeName}`, async () => {
    const middleware = session({ ...OPTIONS, store: makeStore() })
    const compress = compression({ threshold: 0 })
    let called
    const callback = new Promise((resolve) => (called = resolve))
    const handler = (req, res) =>
      compress(req, res, () =>
        middleware(req, res, () => {
          res.setHeader('content-type', 'text/plain')
          res.end('once')
          res.end('twice', called)
        })
      )
    await serving(handler, async (port) => {
      const response = await request(port, { headers: { 'accept-encoding': 'gzip' } })
      assert.strictEqual(response.headers['content-encoding'], 'gzip')
      await callback
    })
  })

  for (const [form, answer] of Object.entries({
    'end()': (res) => res.end(),
    'end(data)': (res) => res.end('data'),
    'writeHead and end': (res) => res.writeHead(201).end('data'),
    'write and end': (res) => (res.write('da'), res.end('ta'))
  })) {
    test(`HTTP/2 responses carry and keep the session: ${form}, ${storeName}`, async () => {
      const middleware = session({ ...OPTIONS, store: makeStore() })
      const handler = (req, res) =>
        middleware(req, res, () => {
          req.session.views = (req.session.views || 0) + 1
          res.setHeader('x-views', req.session.views)
          answer(res)
        })
      await serving(
        handler,
        async (port) => {
          const client = http2.connect(`http://127.0.0.1:${port}`)
          const first = await http2Get(client)
          assert.match(String(first['set-cookie']), /^connect\.sid=s%3A/)
          const [cookie] = String(first['set-cookie']).split(';')
          const second = await http2Get(client, { cookie })
          assert.strictEqual(second['x-views'], '2')
          assert.strictEqual(second['set-cookie'], undefined)
          client.close()
          await once(client, 'close')
        },
        http2.createServer()
      )
    })
  }

  test(`a response object without _implicitHeader works with a ${storeName}`, async () => {
    const middleware = session({ ...OPTIONS, store: makeStore() })
    const headers = new Map()
    const ended = new EventEmitter()
    const res = {
      getHeader: (name) => headers.get(name),
      setHeader: (name, value) => headers.set(name, value),
      writeHead() {},
      write: () => true,
      end: () => ended.emit('end')
    }
    const req = { headers: {}, url: '/' }
    const end = once(ended, 'end')
    setImmediate(() => middleware(req, res, () => res.end('data')))
    await end
    assert.match(headers.get('Set-Cookie')[0], /^connect\.sid=s%3A/)
  })

  test(`mw(req, {}, callback) gives a session, which is saved by end, with a ${storeName}`, async () => {
    const store = makeStore()
    const middleware = session({ ...OPTIONS, store })
    const req = { headers: {}, url: '/' }
    const res = {}
    await new Promise((resolve) => middleware(req, res, resolve))
    req.session.user = 'tobi'
    const first = new Promise((resolve) => res.end(resolve))
    await Promise.all([first, new Promise((resolve) => res.end(resolve))])
    await new Promise((resolve) => res.end(resolve))
    const data = await new Promise((resolve, reject) =>
      store.get(req.sessionID, (error, found) => (error ? reject(error) : resolve(found)))
    )
    assert.strictEqual(data.user, 'tobi')
  })
}

function http2Get(client, headers) {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':path': '/', ...headers })
    let found
    stream.on('response', (response) => (found = response))
    stream.on('end', () => resolve(found))
    stream.on('error', reject)
    stream.resume()
    stream.end()
  })
}

for (const [encrypted, expected] of [
  [true, [true, 'none']],
  [false, [false, 'lax']]
]) {
  test(`'auto' in what a cookie function returns is resolved, encrypted: ${encrypted}`, () => {
    const cookie = () => ({ secure: 'auto', sameSite: 'auto' })
    const middleware = session({ ...OPTIONS, cookie })
    const req = { headers: {}, url: '/', connection: { encrypted } }
    middleware(req, {}, () => {})
    assert.deepStrictEqual([req.session.cookie.secure, req.session.cookie.sameSite], expected)
  })
}

test('req.socket says whether the connection is encrypted where there is no req.connection', () => {
  const middleware = session({ ...OPTIONS, cookie: { secure: 'auto' } })
  const req = { headers: {}, url: '/', socket: { encrypted: true } }
  middleware(req, {}, () => {})
  assert.strictEqual(req.session.cookie.secure, true)
})

for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
  test(`a cookie may be called ${name}`, async () => {
    const middleware = session({ ...OPTIONS, name })
    const handler = (req, res) => middleware(req, res, () => res.end(req.sessionID))
    await serving(handler, async (port) => {
      const first = await request(port, { cookie: 'other=1' })
      const second = await request(port, { cookie: cookieOf(first) })
      assert.strictEqual(second.body, first.body)
    })
  })
}

test('a cookie that cookie-parser made an object is no session id, and no crash', async () => {
  const middleware = session(OPTIONS)
  const req = { headers: {}, url: '/', cookies: { 'connect.sid': { an: 'object' } } }
  await new Promise((resolve) => middleware(req, {}, resolve))
  assert.strictEqual(typeof req.sessionID, 'string')
})

test('a store that answers twice ends the response once', async () => {
  class TwiceStore extends LaterStore {
    set(sid, data, callback) {
      super.set(sid, data, callback)
      setImmediate(callback)
    }
  }
  const middleware = session({ ...OPTIONS, store: new TwiceStore() })
  let ends = 0
  const handler = (req, res) => {
    const { end } = res
    res.end = function (...args) {
      ends++
      return end.apply(this, args)
    }
    middleware(req, res, () => res.end('body'))
  }
  await serving(handler, async (port) => {
    assert.strictEqual((await request(port)).body, 'body')
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.strictEqual(ends, 1)
  })
})

for (const makeStore of [() => new LaterStore(), () => new session.MemoryStore()]) {
  const store = makeStore()
  test(`a body that cannot be written is an error once, and the response ends, with a ${store.constructor.name}`, async () => {
    const middleware = session({ ...OPTIONS, store })
    let failure
    const handler = (req, res) =>
      middleware(req, res, () => {
        try {
          res.end(5)
        } catch (error) {
          failure = error
          res.end('an error page')
        }
      })
    await serving(handler, async (port) => {
      assert.strictEqual((await request(port)).body, '')
      assert.strictEqual(failure.code, 'ERR_INVALID_ARG_TYPE')
    })
  })
}

test('the accessor in place of req.session is one until the end, and shows when the request is printed', async () => {
  const { inspect } = require('node:util')
  const middleware = session({ ...OPTIONS, saveUninitialized: false })
  const isAccessor = (req) => Boolean(Object.getOwnPropertyDescriptor(req, 'session').get)
  const handler = (req, res) =>
    middleware(req, res, () => {
      const before = isAccessor(req)
      const { session: read } = req
      const after = isAccessor(req)
      const printed = inspect(req, { depth: 0 })
      res.end(
        JSON.stringify([
          before,
          after,
          isAccessor(req),
          req.session === read,
          /session: \[Getter\/Setter\]/.test(printed)
        ])
      )
    })
  await serving(handler, async (port) => {
    assert.deepStrictEqual(JSON.parse((await request(port)).body), [true, true, true, true, true])
  })
})

test('a MemoryStore is warned of in production, unless it has bounds', () => {
  const { spawnSync } = require('node:child_process')
  const warned = (store) => {
    const program = `
      const session = require('.')
      session({ secret: 's', resave: false, saveUninitialized: false, store: ${store} })`
    const options = { cwd: `${__dirname}/..`, env: { ...process.env, NODE_ENV: 'production' } }
    return /without bounds/.test(spawnSync(process.execPath, ['-e', program], options).stderr)
  }
  assert.strictEqual(warned('undefined'), true)
  assert.strictEqual(warned('new session.MemoryStore({ ttl: 1000 })'), true)
  assert.strictEqual(warned('new session.MemoryStore({ maxSessions: 1000 })'), false)
  assert.strictEqual(warned('new session.MemoryStore({ maxBytes: 1e6 })'), false)
})

test('a printed MemoryStore shows that its sessions are a view and its count of events an accessor', async () => {
  const { inspect } = require('node:util')
  const [theirs, printed] = [genuine, session].map(({ MemoryStore }) => {
    const store = new MemoryStore()
    store.set('sid', { cookie: { path: '/' }, user: 'tobi' })
    return inspect(store)
  })
  assert.match(printed, /_eventsCount: \[Getter\/Setter\]/)
  assert.strictEqual(printed.replace(/\[Getter\/Setter\]/, '0'), theirs)
})

test('dates that are all the same let sessions be, where express-session frees them or throws', async () => {
  const RealDate = Date
  const seen = {}
  for (const [name, { Cookie, MemoryStore }] of Object.entries({ genuine, ours: session })) {
    const store = new MemoryStore()
    store.set('sid', { cookie: new Cookie({ maxAge: 60_000 }), user: 'tobi' })
    const now = RealDate.now()
    const Stub = Object.assign(
      function () {
        return new RealDate(now)
      },
      { now: () => now }
    )
    globalThis.Date = Stub
    try {
      // Asked within the stub, answered in a later turn.
      store.get('sid', (error, data) => (seen[name] = data?.user))
    } finally {
      globalThis.Date = RealDate
    }
    await new Promise(setImmediate)
  }
  assert.deepStrictEqual(seen, { genuine: undefined, ours: 'tobi' })
})
