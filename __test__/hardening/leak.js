'use strict'

/**
 * Makes sessions through the middleware and destroys them, and tells what the process holds after each
 * tenth of them. Memory that is lost is lost with every session, so it shows as a line that rises.
 *
 *   node --expose-gc __test__/hardening/leak.js --sessions 1000000
 */

const { parseArgs } = require('node:util')
const session = require('../..')

const { values } = parseArgs({ options: { sessions: { type: 'string', default: '1000000' } } })
const total = Number(values.sessions)
const ROUNDS = 10

const store = new session.MemoryStore()
const middleware = session({
  secret: 'secret',
  resave: false,
  saveUninitialized: true,
  cookie: { maxAge: 60_000 },
  store
})

/** A response as far as the middleware looks at one. */
function makeResponse() {
  const headers = {}
  return {
    headers,
    getHeader: (name) => headers[name],
    setHeader: (name, value) => (headers[name] = value),
    writeHead() {},
    _implicitHeader() {
      this.writeHead(200)
    },
    write() {},
    end() {}
  }
}

function visit(cookie, act) {
  const req = { url: '/', headers: cookie ? { cookie } : {} }
  const res = makeResponse()
  middleware(req, res, () => act(req))
  res.end()
  return res.headers['Set-Cookie']?.[0].split(';', 1)[0]
}

async function run() {
  const memory = []
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < total / ROUNDS; n++) {
      const cookie = visit(undefined, (req) => (req.session.filler = 'x'.repeat(200)))
      visit(cookie, (req) => (req.session.n = n))
      visit(cookie, (req) => req.session.destroy())
      // Callbacks of the store are due.
      if (n % 1000 === 0) await new Promise(setImmediate)
    }
    await new Promise(setImmediate)
    globalThis.gc()
    await new Promise(setImmediate)
    globalThis.gc()
    const { rss, heapUsed } = process.memoryUsage()
    memory.push({ rss, heapUsed })
  }
  store.length((error, length) => console.log(JSON.stringify({ total, length, memory })))
}

void run()
