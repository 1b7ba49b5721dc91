'use strict'

// Requests of several clients on one connection, as a proxy sends them: each is answered with the session of
// its own client, whichever is read first and however long it takes.

const assert = require('node:assert/strict')
const net = require('node:net')
const { describe, test } = require('node:test')
const genuine = require('express-session')
const ours = require('..')
const { cookieHeader } = require('./parity/signature')
const { serving } = require('./support/server')

const CLIENTS = ['a', 'b', 'c', 'd', 'e', 'f']
const LIMIT = 30_000

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Waits until all are there. */
function meeting(size) {
  const waiting = []
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      if (waiting.length === size) for (const go of waiting.splice(0)) go()
    })
}

// What a handler does with its request. What it gives is the answer.
const HANDLERS = {
  'its session is read at once': ({ req }) => [req.session.user],
  'its session is read when all have come': async ({ req, all }) => {
    await all()
    return [req.session.user]
  },
  'its session is read in another order': async ({ req, all, number }) => {
    await all()
    for (let n = CLIENTS.length; n > number; n--) await turn()
    return [req.session.user, req.session.id]
  },
  'its session is read before and after others': async ({ req, all }) => {
    const before = req.session.user
    await all()
    return [before, req.session.user, { ...req.session }.user]
  },
  'its session is read through a proxy and an heir': async ({ req, all }) => {
    await all()
    return [new Proxy(req, {}).session.user, Object.create(req).session.user, req.session.user]
  },
  'something is put into its session': async ({ req, all }) => {
    await all()
    req.session.seen = `${req.session.seen ?? ''}${req.session.user}`
    return [req.session.seen]
  },
  'every other session is never read': async ({ req, all, number }) => {
    await all()
    return number % 2 ? [req.session.user] : ['unread']
  }
}

/** Writes all requests at once, and gives the bodies of the answers, one to a line. */
function pipeline(port, requests) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let received = ''
    socket.setEncoding('latin1').setTimeout(LIMIT, () => socket.destroy(new Error('no answer')))
    socket.on('data', (text) => (received += text))
    socket.on('error', reject)
    socket.on('close', () => resolve(received.match(/^\[.*\]$/gm)))
    socket.write(
      requests
        .map((user, n) => {
          const isLast = n === requests.length - 1
          return [
            `GET /${n} HTTP/1.1`,
            'Host: localhost',
            `Cookie: ${cookieHeader(user)}`,
            ...(isLast ? ['Connection: close'] : []),
            '\r\n'
          ].join('\r\n')
        })
        .join('')
    )
  })
}

async function answers(session, act) {
  const store = new session.MemoryStore()
  for (const user of CLIENTS) {
    const held = { cookie: new session.Cookie(), user }
    await new Promise((resolve) => store.set(user, held, resolve))
  }
  const options = { secret: 'keyboard cat', resave: false, saveUninitialized: false, store }
  const middleware = session(options)
  let all
  const handler = (req, res) =>
    middleware(req, res, async () => {
      const number = Number(req.url.slice(1))
      try {
        res.end(`${JSON.stringify(await act({ req, all, number }))}\n`)
      } catch (error) {
        res.end(`[${JSON.stringify(error.message)}]\n`)
      }
    })
  const rounds = []
  await serving(handler, async (port) => {
    for (let round = 0; round < 5; round++) {
      all = meeting(CLIENTS.length)
      rounds.push(await pipeline(port, CLIENTS))
      all = meeting(CLIENTS.length)
      // And from connections of their own.
      rounds.push((await Promise.all(CLIENTS.map((user) => pipeline(port, [user])))).flat())
    }
  })
  return rounds
}

for (const [name, act] of Object.entries(HANDLERS)) {
  describe(`of requests on one connection, ${name}`, () => {
    test('each gets its own, as with express-session', { timeout: 2 * LIMIT }, async () => {
      const [theirs, mine] = [await answers(genuine, act), await answers(ours, act)]
      assert.equal(theirs.length, 10)
      for (const round of theirs) assert.equal(round.length, CLIENTS.length)
      assert.deepEqual(mine, theirs)
    })
  })
}
