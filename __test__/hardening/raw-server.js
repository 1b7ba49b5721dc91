'use strict'

/**
 * The server that raw requests are sent to: two middlewares, one with the memory store and one with
 * a store that answers later. Started by `fork`; says on which port it listens, tells how it is on
 * `'report'`, and on `'stop'` stops listening, after which the process has to end by itself.
 */

const http = require('node:http')
const { setFlagsFromString } = require('node:v8')
const { runInNewContext } = require('node:vm')
const session = require('../..')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

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

  touch(sid, data, callback) {
    setImmediate(callback)
  }

  destroy(sid, callback) {
    this.texts.delete(sid)
    setImmediate(callback)
  }
}

const stores = { m: new session.MemoryStore(), l: new LaterStore() }
const middlewares = Object.fromEntries(
  Object.entries(stores).map(([name, store]) => [
    name,
    session({
      secret: ['first', 'second'],
      name: `${name}.sid`,
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
      store
    })
  ])
)

const faults = { errors: 0, firstError: null, unhandled: 0 }
process.on('unhandledRejection', () => faults.unhandled++)
process.on('uncaughtException', (error) => {
  faults.unhandled++
  faults.firstError ??= error.stack
})

/** What the application does, by path. `owner` is who the client says it is. */
const routes = {
  claim(req, owner, answer) {
    req.session.owner = owner
    req.session.n = 0
    answer()
  },
  count(req, owner, answer) {
    if (req.session.owner !== undefined) req.session.n++
    answer()
  },
  look(req, owner, answer) {
    answer()
  },
  renew(req, owner, answer) {
    const { owner: kept, n } = req.session
    req.session.regenerate((error) => {
      if (error) throw error
      Object.assign(req.session, { owner: kept, n })
      answer()
    })
  },
  bye(req, owner, answer) {
    req.session.destroy((error) => {
      if (error) throw error
      answer()
    })
  }
}

const server = http.createServer((req, res) => {
  const [, name, route, owner] = /^\/([ml])\/(\w+)\/(\w+)$/.exec(req.url) ?? []
  if (!Object.hasOwn(routes, route ?? '')) return void res.writeHead(404).end()
  middlewares[name](req, res, (error) => {
    if (error) {
      faults.errors++
      faults.firstError ??= error.stack
      if (!res.headersSent) res.writeHead(500)
      return void res.end()
    }
    routes[route](req, owner, () => {
      const body = JSON.stringify({ owner: req.session?.owner, n: req.session?.n })
      // With a length the last byte waits for the store, without one the last chunk does.
      if (req.headers['x-length']) res.setHeader('Content-Length', body.length)
      res.end(body)
    })
  })
})

process.on('message', (message) => {
  if (message === 'stop') {
    server.closeAllConnections()
    server.close(() => process.disconnect())
  } else {
    // Twice, as the first round only finds which natives are no longer held.
    collectGarbage()
    setImmediate(() => {
      collectGarbage()
      stores.m.length((error, sessions) => {
        const { heapUsed, rss } = process.memoryUsage()
        const held = { m: sessions, l: stores.l.texts.size }
        process.send({ ...faults, sessions: held, heapUsed, rss })
      })
    })
  }
})

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
