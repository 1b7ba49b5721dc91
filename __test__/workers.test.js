'use strict'

const assert = require('node:assert')
const { once } = require('node:events')
const { join } = require('node:path')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')

const root = join(__dirname, '..')

/** What a worker does: everything native at least once, and then says so. */
const script = `
  const { parentPort } = require('node:worker_threads')
  const session = require(${JSON.stringify(root)})
  const store = new session.MemoryStore()
  const middleware = session({ secret: 'secret', resave: false, saveUninitialized: true, store })
  const headers = {}
  const res = {
    getHeader: (name) => headers[name],
    setHeader: (name, value) => { headers[name] = value },
    writeHead() {}, _implicitHeader() { this.writeHead(200) }, write() {}, end() {}
  }
  const req = { url: '/', headers: {} }
  middleware(req, res, () => {
    req.session.n = 1
    res.end()
    const again = { url: '/', headers: { cookie: headers['Set-Cookie'][0] } }
    middleware(again, {}, () => parentPort.postMessage(again.session.n))
  })
  // A worker that is terminated while it holds a timer and native objects.
  setInterval(() => {}, 1000)
`

async function runAndTerminate() {
  const worker = new Worker(script, { eval: true })
  const [n] = await once(worker, 'message')
  await worker.terminate()
  return n
}

test('a worker thread loads the library, is terminated, and the next one loads it again', async () => {
  for (let round = 0; round < 5; round++) assert.strictEqual(await runAndTerminate(), 1)
})

test('several worker threads at once each have their own', async () => {
  assert.deepStrictEqual(await Promise.all(Array.from({ length: 8 }, runAndTerminate)), [
    ...Array(8).fill(1)
  ])
})

test('required twice, both copies work, and with the stores and sessions of each other', () => {
  const first = require('..')
  const cached = Object.keys(require.cache).filter((file) => file.startsWith(root))
  const kept = cached.map((file) => [file, require.cache[file]])
  for (const file of cached) if (!file.includes('node_modules')) delete require.cache[file]
  const second = require('..')
  for (const [file, module] of kept) require.cache[file] = module
  assert.notStrictEqual(first, second)

  const store = new first.MemoryStore()
  const options = { secret: 'secret', resave: false, saveUninitialized: true, store }
  for (const session of [first, second]) {
    const req = { url: '/', headers: {} }
    session(options)(req, {}, () => {})
    assert.ok(req.session instanceof session.Session)
    store.set(req.sessionID, req.session)
  }
  assert.strictEqual(Object.keys(store.sessions).length, 2)
})
