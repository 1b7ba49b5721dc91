'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const http2 = require('node:http2')
const { join } = require('node:path')
const { Worker } = require('node:worker_threads')
const genuine = require('express-session')
const session = require('../..')
const { runInstalled } = require('./installed')
const { HOUR, OPTIONS, serving } = require('./site')
const { kinds } = require('./stores')

// What this package does and express-session does not, and how the two get along.

const ROOT = join(__dirname, '..', '..')

const alone = {
  async 'installed as express-session, import finds the function and the classes by name'() {
    const printed = await runInstalled(`
      import session, { Store, MemoryStore, Cookie, Session } from 'express-session'
      import OnlyStore from 'express-session/session/store.js'
      const middleware = session({ secret: 's', resave: false, saveUninitialized: false })
      const req = { url: '/', headers: {} }
      middleware(req, {}, () => console.log(JSON.stringify([
        req.session instanceof Session,
        req.session.cookie instanceof Cookie,
        req.sessionStore instanceof MemoryStore,
        OnlyStore === Store
      ])))`)
    assert.deepEqual(JSON.parse(printed), [true, true, true, true])
  },

  async 'sessions move from express-session to this package and back'() {
    const { store } = kinds['a store in JavaScript'](genuine)
    let visits = 0
    let cookies = []
    for (const provider of [genuine, session, genuine, session]) {
      // oxlint-disable-next-line no-await-in-loop
      await serving(provider, { store }, async ({ client }) => {
        const visitor = client()
        for (const [name, value] of cookies) visitor.cookies.set(name, value)
        if (visits === 0) await visitor.visit('/login/tobi')
        const { body } = await visitor.visit('/visit')
        visits += 1
        assert.equal(JSON.parse(body).session.visits, visits)
        cookies = [...visitor.cookies]
      })
    }
  },

  async 'res.end calls back when the session is saved'() {
    for (const kind of Object.values(kinds)) {
      const middleware = session({ ...OPTIONS, saveUninitialized: true, ...kind(session) })
      const server = http.createServer()
      const called = new Promise((resolve) => {
        server.on('request', (req, res) => middleware(req, res, () => res.end('data', resolve)))
      })
      server.listen(0, '127.0.0.1')
      // oxlint-disable-next-line no-await-in-loop
      await once(server, 'listening')
      // oxlint-disable-next-line no-await-in-loop
      const [response] = await once(
        http.get({ host: '127.0.0.1', port: server.address().port, agent: false }),
        'response'
      )
      response.resume()
      // oxlint-disable-next-line no-await-in-loop
      await called
      server.close()
    }
  },

  async 'sessions work over HTTP/2'() {
    const middleware = session({ ...OPTIONS, saveUninitialized: true })
    const server = http2.createServer((req, res) => {
      middleware(req, res, () => res.end(req.sessionID))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = http2.connect(`http://127.0.0.1:${server.address().port}`)
    const ask = async (headers) => {
      const stream = client.request(headers)
      const [answer] = await once(stream, 'response')
      stream.setEncoding('utf8')
      let body = ''
      for await (const chunk of stream) body += chunk
      return { cookie: answer['set-cookie']?.[0].split(';', 1)[0], body }
    }
    try {
      const { cookie, body } = await ask({ ':path': '/' })
      assert.match(cookie, /^connect\.sid=s%3A/)
      assert.deepEqual(await ask({ ':path': '/', cookie }), { cookie: undefined, body })
    } finally {
      client.close()
      server.close()
    }
  },

  async 'the memory store frees what has expired'({ clock }) {
    const store = new session.MemoryStore()
    const put = (sid) => {
      const cookie = new session.Cookie({ maxAge: HOUR })
      return new Promise((resolve) => store.set(sid, { cookie }, resolve))
    }
    await put('first')
    clock.advance(HOUR + 1)
    await put('second')
    assert.deepEqual(Object.keys(store.sessions), ['second'])
  },

  async 'worker threads load the library and are terminated, one after the other'() {
    const script = `
      const { parentPort } = require('node:worker_threads')
      const session = require(${JSON.stringify(ROOT)})
      const store = new session.MemoryStore()
      const cookie = new session.Cookie({ maxAge: ${HOUR} })
      store.set('id', { cookie, n: 1 }, () => {
        store.get('id', (error, { n }) => parentPort.postMessage(n))
      })
      setInterval(() => {}, 1000)`
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(script, { eval: true })
      // oxlint-disable-next-line no-await-in-loop
      const [n] = await once(worker, 'message')
      assert.equal(n, 1)
      // oxlint-disable-next-line no-await-in-loop
      await worker.terminate()
    }
  }
}

module.exports = { alone }
