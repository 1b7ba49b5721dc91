'use strict'

// What is particular to the engine as WebAssembly. All other tests run on it, too: `npm run test:targets wasm`.

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const fs = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')
const { promisify } = require('node:util')

const isBuilt = fs.existsSync(join(__dirname, '..', 'lib', 'wasm', 'engine.js'))

/** Runs a program on WebAssembly; returns what it logs, as JSON. */
async function run(program, flags = []) {
  const source = `
    const session = require(${JSON.stringify(join(__dirname, '..'))})
    const wasm = require(${JSON.stringify(join(__dirname, '..', 'lib', 'wasm'))})
    const { Instance } = require(${JSON.stringify(join(__dirname, '..', 'lib', 'wasm', 'instance'))})
    const ask = (store, method, ...args) =>
      new Promise((resolve) => store[method](...args, (error, found) => resolve(error?.code ?? found)))
    const data = (more) => ({ cookie: new session.Cookie({ maxAge: 60_000 }), ...more })
    /** Makes the next call trap: a text of more bytes than there can be. */
    const trap = () => {
      const { begin } = Instance.prototype
      Instance.prototype.begin = function () {
        Instance.prototype.begin = begin
        this.calls.input(-1)
      }
    }
    const main = async () => { ${program} }
    main().then((found) => console.log(JSON.stringify(found)))`
  const env = { ...process.env, EXPRESS_SESSION_ENGINE: 'wasm', NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', source], { env })
  return JSON.parse(stdout)
}

describe('WebAssembly', { skip: isBuilt ? false : 'not built: npm run build:all wasm' }, () => {
  test('a trap loses the stores of its instance, which say so, and nothing else', async () => {
    const found = await run(`
      const [store, other] = [new session.MemoryStore(), new session.MemoryStore()]
      const options = { secret: 's', resave: false, saveUninitialized: false }
      await ask(store, 'set', 'sid', data({ n: 1 }))
      trap()
      const failures = []
      for (const each of [store, other]) {
        failures.push(await ask(each, 'get', 'sid'), await ask(each, 'set', 'sid', data()))
        failures.push(await ask(each, 'destroy', 'sid'), await ask(each, 'length'))
        each.close()
      }
      const next = new session.MemoryStore()
      await ask(next, 'set', 'sid', data({ n: 2 }))
      return [failures, (await ask(next, 'get', 'sid')).n]`)
    const lost = Array.from({ length: 4 }, () => 'ERR_SESSION_ENGINE')
    assert.deepEqual(found, [[...lost, ...lost], 2])
  })

  test('a store with listeners that was lost ends its events, and can be closed', async () => {
    const found = await run(`
      const store = new session.MemoryStore()
      const seen = []
      store.on('create', (sid) => seen.push(sid))
      await ask(store, 'set', 'a', data())
      await new Promise(setImmediate)
      store.set('b', data())
      trap()
      const code = await ask(store, 'get', 'a')
      await new Promise((resolve) => setTimeout(resolve, 20))
      store.on('update', () => {})
      await store.close()
      return [code, seen]`)
    assert.deepEqual(found, ['ERR_SESSION_ENGINE', ['a']])
  })

  test('cookies go on being signed and verified after a trap', async () => {
    const found = await run(`
      const keyring = wasm.createKeyring([Buffer.from('one'), Buffer.from('two')])
      const value = wasm.signValue(keyring, 'id')
      trap()
      let code
      try { wasm.verifyValue(keyring, value) } catch (error) { code = error.code }
      return [code, wasm.verifyValue(keyring, value), wasm.signValue(keyring, 'id') === value]`)
    assert.deepEqual(found, ['ERR_SESSION_ENGINE', 'id', true])
  })

  test('a request whose store was lost in a trap gets an error, and the process goes on', async () => {
    const found = await run(`
      const http = require('http')
      const middleware = session({ secret: 's', resave: false, saveUninitialized: true })
      const server = http.createServer((req, res) =>
        middleware(req, res, (error) => res.end(error ? error.code : 'welcome')))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const url = 'http://127.0.0.1:' + server.address().port
      const first = await fetch(url)
      const cookie = first.headers.get('set-cookie').split(';')[0]
      const texts = [await first.text()]
      for (let n = 0; n < 3; n++) {
        if (n === 1) trap()
        texts.push(await (await fetch(url, { headers: { cookie } })).text())
      }
      server.close()
      server.closeAllConnections()
      return texts`)
    assert.deepEqual(found, ['welcome', 'welcome', 'ERR_SESSION_ENGINE', 'ERR_SESSION_ENGINE'])
  })

  test('a store that is shared by name needs the native library', async () => {
    const found = await run(`
      try { new session.MemoryStore({ name: 'app' }) } catch ({ code, message }) { return [code, message] }`)
    assert.equal(found[0], 'ERR_SESSION_ENGINE')
    assert.match(found[1], /the option "name" of MemoryStore needs the native library/)
  })

  test('expired sessions are freed by other operations', async () => {
    const found = await run(`
      const store = new session.MemoryStore()
      const { now } = Date
      for (let n = 0; n < 5000; n++) await ask(store, 'set', 'sid' + n, data())
      Date.now = () => now() + 120_000
      for (let n = 0; n < 5000; n++) await ask(store, 'get', 'other')
      return [store.stats().sessions, store.stats().expirations]`)
    assert.deepEqual(found, [0, 5000])
  })

  test('stores that are dropped give their memory back', async () => {
    const found = await run(
      `
      const text = 'x'.repeat(100_000)
      for (let n = 0; n < 2000; n++) {
        const store = new session.MemoryStore()
        store.set('sid', data({ text }))
        if (n % 50 === 0) { global.gc(); await new Promise(setImmediate) }
      }
      return process.memoryUsage().arrayBuffers`,
      ['--expose-gc']
    )
    assert.ok(found < 60e6, `${found} bytes after 2000 stores of 100 KB`)
  })

  test('a stack overflow loses no store', async () => {
    const found = await run(`
      const store = new session.MemoryStore()
      await ask(store, 'set', 'sid', data({ n: 1 }))
      const dives = [
        (dive) => (store.sessions.sid, dive()),
        (dive) => (store.get('sid', () => {}), dive()),
        (dive) => (store.all(() => {}), dive())
      ]
      let overflows = 0
      for (let n = 0; n < 30; n++) {
        const dive = () => dives[n % 3](dive)
        try { dive() } catch (error) { if (error instanceof RangeError) overflows++ }
      }
      return [overflows, (await ask(store, 'get', 'sid')).n]`)
    assert.deepEqual(found, [30, 1])
  })

  test('sessions that are too long are refused, and lose nothing', async () => {
    const found = await run(`
      const store = new session.MemoryStore({ maxBytes: 5e9 })
      await ask(store, 'set', 'sid', data({ n: 1 }))
      const code = await ask(store, 'set', 'long', data({ text: 'x'.repeat(2 ** 26 + 1) }))
      return [code, (await ask(store, 'get', 'sid')).n]`)
    assert.deepEqual(found, ['ERR_SESSION_STORE_FULL', 1])
  })

  test('text of every kind comes back', async () => {
    const found = await run(`
      const keyring = wasm.createKeyring([Buffer.from('secret')])
      const ids = ['', 'ascii', '\\0', 'é', '\\u{1F600}', '\\uD800x\\uDC00', 'x'.repeat(65536), '€'.repeat(70000)]
      return ids.map((id) => wasm.verifyValue(keyring, wasm.signValue(keyring, id)) === id)`)
    assert.deepEqual(found, Array(8).fill(true))
  })
})
