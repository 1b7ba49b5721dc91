'use strict'

// What is written after the end but in the same turn, when a session has to be saved. express-session
// ends a response when its store has answered, which its own never does at once. Ours ends it at once, as
// Node does without sessions. With a store that answers later there is no difference.

const assert = require('node:assert/strict')
const { test } = require('node:test')
const genuine = require('express-session')
const session = require('..')
const { request, serving } = require('./support/server')

const OPTIONS = { secret: 'secret', resave: false, saveUninitialized: true }

/** Answers in a later turn, as stores on a network do. */
class LaterStore extends session.Store {
  get(sid, callback) {
    setImmediate(callback)
  }
  set(sid, data, callback) {
    setImmediate(callback)
  }
  destroy(sid, callback) {
    setImmediate(callback)
  }
}

const AT_ONCE = {
  written: false,
  failed: 'ERR_STREAM_WRITE_AFTER_END',
  body: 'a',
  trailer: undefined
}
const LATER = { written: true, failed: undefined, body: 'ab', trailer: 'kept' }

for (const [name, provider, expected] of [
  ['no sessions', undefined, AT_ONCE],
  ['a MemoryStore', session, AT_ONCE],
  ['a MemoryStore of express-session', genuine, LATER],
  ['a LaterStore', { session, store: new LaterStore() }, LATER],
  ['a LaterStore and express-session', { session: genuine, store: new LaterStore() }, LATER]
]) {
  const { session: make = provider, store } = provider ?? {}
  const middleware = make ? make({ ...OPTIONS, store }) : (req, res, next) => next()

  test(`what is written after the end of a response, with ${name}`, async () => {
    const told = []
    let called
    const callback = new Promise((resolve) => (called = resolve))
    const handler = (req, res) =>
      middleware(req, res, () => {
        res.on('error', (error) => told.push(error.code))
        res.end('a')
        assert.equal(res.write('b', called), expected.written)
      })
    await serving(handler, async (port) => {
      assert.equal((await request(port)).body, expected.body)
      const error = await callback
      // Without a listener for errors, this one ends the process, as in plain Node.
      await new Promise(setImmediate)
      assert.deepEqual([error?.code, told[0]], [expected.failed, expected.failed])
    })
  })

  test(`trailers that are added after the end of a response, with ${name}`, async () => {
    const handler = (req, res) =>
      middleware(req, res, () => {
        res.setHeader('Trailer', 'X-Trailer')
        res.end('a')
        res.addTrailers({ 'X-Trailer': 'kept' })
      })
    await serving(handler, async (port) => {
      assert.equal((await request(port)).trailers['x-trailer'], expected.trailer)
    })
  })

  test(`a response that is ended twice in a turn ends once, with ${name}`, async () => {
    const returned = []
    const handler = (req, res) =>
      middleware(req, res, () => returned.push(res.end() === res, res.end() === res))
    await serving(handler, async (port) => {
      assert.equal((await request(port)).body, '')
      // The response itself, or with a session that it will be ended, and that it has been.
      assert.deepEqual(returned, make ? [false, false] : [true, true])
    })
  })
}
