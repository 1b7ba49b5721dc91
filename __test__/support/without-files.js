'use strict'

// Every part of the package at work, in a process in which nothing can be read after it was loaded. Started
// by loading.test.js.

const Module = require('node:module')
const fs = require('node:fs')
const http = require('node:http')
const session = require('../..')
const { Cookie, MemoryStore } = session

const loaded = []
const { _load: load } = Module
Module._load = function (request, parent, ...rest) {
  loaded.push([request, parent?.filename])
  return load.call(this, request, parent, ...rest)
}
function refuse(path) {
  throw Object.assign(new Error('ENOENT: no such file or directory, open ' + path), {
    code: 'ENOENT'
  })
}
for (const [name, value] of Object.entries(fs)) {
  if (typeof value === 'function' && /^[a-z]/.test(name)) fs[name] = refuse
}
for (const name of Object.keys(fs.promises)) {
  if (typeof fs.promises[name] === 'function') fs.promises[name] = async (path) => refuse(path)
}

const call = (store, method, ...args) =>
  new Promise((resolve) =>
    store[method](...args, (error, result) => resolve(error?.code ?? result))
  )
const later = () => new Promise((resolve) => setImmediate(resolve))

async function useStores() {
  const seen = []
  for (const options of [
    undefined,
    { maxSessions: 1, onFull: 'evict', eventData: true },
    { maxSessions: 1, onFull: 'reject' },
    { maxBytes: 10_000, ttl: 1000, protect: () => true, lateSaves: 'drop' },
    ...(session.engine === 'native' ? [{ name: 'without files' }] : [])
  ]) {
    const store = new MemoryStore(options)
    const events = []
    for (const name of ['create', 'update', 'destroy', 'expire', 'evict']) {
      store.on(name, () => events.push(name))
    }
    const held = { cookie: new Cookie({ maxAge: 1000, sameSite: 'lax', path: '/p' }), user: 'a' }
    for (const id of ['a', 'b']) {
      seen.push(await call(store, 'set', id, held))
      seen.push(await call(store, 'touch', id, { cookie: { expires: null } }))
      seen.push((await call(store, 'get', id))?.user)
    }
    seen.push(await call(store, 'length'), Object.keys(await call(store, 'all')).length)
    for await (const [id] of store.entries()) seen.push(id)
    for await (const id of store.ids()) seen.push(id)
    seen.push(Object.keys(store.sessions), store.stats().sessions)
    seen.push(await call(store, 'destroy', 'b'), await call(store, 'clear'))
    await later()
    await later()
    seen.push(events)
    await store.close()
    seen.push(await call(store, 'get', 'a'))
  }
  try {
    new MemoryStore({ maxSessions: 'x' })
  } catch (error) {
    seen.push(error.name)
  }
  return seen
}

async function useRequests() {
  const bodies = []
  for (const options of [
    { secret: 's' },
    {
      secret: ['new', 's'],
      cookie: { maxAge: 60_000, secure: 'auto', sameSite: 'auto' },
      rolling: true
    },
    { secret: Buffer.from('s'), cookie: () => ({ domain: 'example.com' }), unset: 'destroy' },
    { secret: 's', name: 'a b' }
  ]) {
    const middleware = session({ saveUninitialized: true, resave: false, ...options })
    const server = http.createServer((req, res) => {
      res.sendDate = false
      middleware(req, res, async (error) => {
        if (error) return
        const { session } = req
        session.views = (session.views ?? 0) + 1
        await new Promise((resolve) => session.save(resolve))
        await new Promise((resolve) => session.reload(resolve))
        if (req.url === '/new') await new Promise((resolve) => req.session.regenerate(resolve))
        if (req.url === '/end') await new Promise((resolve) => req.session.destroy(resolve))
        res.end(String(req.session?.views))
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address()
    let cookie = ''
    for (const path of ['/', '/', '/new', '/end']) {
      await new Promise((resolve, reject) => {
        const headers = { cookie, connection: 'close' }
        http
          .get({ host: '127.0.0.1', port, path, headers }, (res) => {
            let body = ''
            res.on('data', (chunk) => (body += chunk))
            res.on('end', () => {
              cookie = res.headers['set-cookie']?.[0].split(';')[0] ?? cookie
              bodies.push(body)
              resolve()
            })
          })
          .on('error', reject)
      })
    }
    server.close()
  }
  return bodies
}

useStores().then(async (stores) => {
  const bodies = await useRequests()
  process.send({ stores: stores.length, bodies, loaded }, () => process.disconnect())
})
