'use strict'

const assert = require('node:assert')
const { once } = require('node:events')
const { join } = require('node:path')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')

const root = JSON.stringify(join(__dirname, '..'))

/** Holds native objects of every kind, and goes on using them until it is ended. */
const busy = `
  const { parentPort } = require('node:worker_threads')
  const { MemoryStore, Cookie } = require(${root})
  const native = require(${root} + '/lib/native.js')
  const { generateId } = require(${root} + '/lib/session-id')
  const keyring = native.createKeyring([Buffer.from('secret')])
  const store = new MemoryStore()
  parentPort.postMessage(generateId())
  const work = () => {
    for (let n = 0; n < 500; n++) {
      const id = generateId()
      store.set(id, { cookie: new Cookie({ maxAge: 60000 }), n })
      native.verifyValue(keyring, native.signValue(keyring, id))
      store.destroy(id)
    }
    setImmediate(work)
  }
  work()
`

test('a hundred workers in a row load the library and are ended in the middle of their work', async () => {
  for (let round = 0; round < 100; round++) {
    const worker = new Worker(busy, { eval: true })
    const [id] = await once(worker, 'message')
    assert.match(id, /^[\w-]{32}$/)
    assert.strictEqual(await worker.terminate(), 1)
  }
})

test('workers that are ended while they load the library do no harm', async () => {
  for (let round = 0; round < 30; round++) {
    const workers = [0, 1].map(() => new Worker(busy, { eval: true }))
    await once(workers[round % 2], 'online')
    for (let turn = 0; turn < round; turn++) await new Promise(setImmediate)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  const worker = new Worker(busy, { eval: true })
  assert.match((await once(worker, 'message'))[0], /^[\w-]{32}$/)
  await worker.terminate()
})
