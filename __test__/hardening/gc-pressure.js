'use strict'

/**
 * Uses everything native while garbage is collected at the moments that are hardest on handles: right
 * after they were made, while a call that holds one is converting its arguments, and when nothing but
 * a timer knows of a store any more. Run with `--expose-gc`; prints how often it collected.
 */

const assert = require('node:assert')
const session = require('../..')
const native = require('../../lib/native')
const { serializeCookie } = require('../../lib/cookie-io')

const { gc } = globalThis
let collected = 0
const collect = () => {
  collected++
  gc()
}

/** Text that has garbage collected while it is being made. */
const slowText = (text) => ({
  toString() {
    collect()
    return text
  }
})
const slowJson = (value) => ({
  toJSON() {
    collect()
    return value
  }
})

function handlesThatNothingElseHolds() {
  for (let n = 0; n < 40; n++) {
    const signed = native.signValue(native.createKeyring([Buffer.from('secret')]), `id${n}`)
    collect()
    assert.strictEqual(
      native.verifyValue(native.createKeyring([Buffer.from('secret')]), signed),
      `id${n}`
    )
    assert.strictEqual(native.memoryText(native.openMemoryStore(null, {}), 'sid', 0, true), null)
  }
}

function secretsWhoseBytesAreFreed() {
  for (let n = 0; n < 40; n++) {
    const keyring = native.createKeyring([new Uint8Array(4096).fill(n), Buffer.alloc(9, n)])
    collect()
    const signed = native.signValue(keyring, 'id')
    collect()
    assert.strictEqual(native.verifyValue(keyring, signed), 'id')
  }
}

function argumentsThatCollect() {
  const store = new session.MemoryStore()
  for (let n = 0; n < 40; n++) {
    const text = serializeCookie(slowText('sid'), 'value', {
      path: slowText('/'),
      domain: slowText('example.com'),
      encode: (value) => (collect(), value)
    })
    assert.strictEqual(text, 'sid=value; Domain=example.com; Path=/')
    store.set(slowText(`sid${n}`), {
      cookie: slowJson({ path: '/' }),
      data: slowJson('é'.repeat(n))
    })
    assert.match(store.sessions[`sid${n}`], /^\{"cookie":\{"path":"\/"\},"data":"é*"\}$/)
  }
}

function listsThatAreLong() {
  const store = new session.MemoryStore()
  for (let n = 0; n < 3000; n++) store.set(`sid${n}`, { n })
  for (let n = 0; n < 5; n++) {
    const ids = Object.keys(store.sessions)
    collect()
    assert.strictEqual(ids.length, 3000)
    assert.strictEqual(ids[2999], 'sid2999')
  }
}

/** Stores with a timer that outlives them, and with callbacks that are still to come. */
async function storesThatAreForgotten() {
  const found = []
  for (let n = 0; n < 40; n++) {
    const store = new session.MemoryStore()
    store.set('sid', { cookie: new session.Cookie({ maxAge: 1 }), n })
    store.set('stays', { n })
    store.get('stays', (error, data) => found.push(data.n))
    collect()
  }
  await new Promise(setImmediate)
  assert.deepStrictEqual(
    found,
    Array.from({ length: 40 }, (_, n) => n)
  )
  collect()
  // Longer than the soonest sweep: the timers of stores that are gone fire in between.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  collect()
}

async function requestsThatCollect() {
  const middleware = session({ secret: 'secret', resave: false, saveUninitialized: true })
  let cookie
  for (let n = 0; n < 40; n++) {
    const headers = {}
    const res = {
      getHeader: (name) => headers[name],
      setHeader(name, value) {
        collect()
        headers[name] = value
      },
      writeHead() {},
      _implicitHeader() {
        this.writeHead(200)
      },
      write() {},
      end() {}
    }
    const req = { url: '/', headers: cookie ? { cookie } : {} }
    // Each after the other: they are of one session.
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => {
      middleware(req, res, resolve)
      collect()
    })
    assert.strictEqual(req.session.n ?? 0, n)
    req.session.n = n + 1
    res.end()
    cookie ??= headers['Set-Cookie'][0].split(';', 1)[0]
  }
}

async function main() {
  handlesThatNothingElseHolds()
  secretsWhoseBytesAreFreed()
  argumentsThatCollect()
  listsThatAreLong()
  await requestsThatCollect()
  await storesThatAreForgotten()
  console.log(`collected ${collected} times`)
}

void main()
