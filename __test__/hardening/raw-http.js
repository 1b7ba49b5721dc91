'use strict'

const assert = require('node:assert')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { Client } = require('./raw-clients')
const { Random } = require('./random')

const CLIENTS = 16
const IDENTITIES_OF_A_CLIENT = 4
/** More than noise, and less than a tenth of a kilobyte for each request of a long run. */
const MOST_GROWTH_OF_HEAP = 24 * 2 ** 20

/**
 * Sends generated raw requests to a server in a process of its own, and checks each answer.
 *
 * @param {object} options
 * @param {number} options.requests
 * @param {number} options.seed
 * @param {(done: number) => void} [options.onProgress]
 * @returns {Promise<object>} What happened, and what the process held before and after.
 * @throws {assert.AssertionError} For what must not be.
 */
async function rawHttp({ requests, seed, onProgress = () => {} }) {
  const server = fork(join(__dirname, 'raw-server.js'), { stdio: 'inherit' })
  const exited = once(server, 'exit')
  try {
    const { port } = await told(server)
    const clients = makeClients(port, seed)
    const sent = () => clients.reduce((sum, client) => sum + client.requests, 0)
    const visits = async (end) => {
      const work = clients.map(async (client) => {
        while (sent() < end) {
          await client.visit()
          onProgress(sent())
        }
      })
      const failed = (await Promise.allSettled(work)).find(({ reason }) => reason)
      if (failed) throw failed.reason
    }
    // Code is compiled and buffers are filled in the beginning.
    await visits(requests / 5)
    const before = await report(server)
    await visits(requests)
    const after = await report(server)

    const { errors, firstError, unhandled } = after
    assert.deepStrictEqual([errors, unhandled, firstError], [0, 0, null])
    // What an aborted request was doing when its session was ended may have brought that back.
    const mostSessions = (CLIENTS * IDENTITIES_OF_A_CLIENT) / 2
    assert.ok(after.sessions.m <= mostSessions, `${after.sessions.m} sessions`)
    const growth = after.heapUsed - before.heapUsed
    assert.ok(growth < MOST_GROWTH_OF_HEAP, `the heap has grown by ${growth} bytes`)

    server.send('stop')
    assert.deepStrictEqual(await exited, [0, null])
    return summary(clients, before, after)
  } finally {
    if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL')
  }
}

function makeClients(port, seed) {
  const random = new Random(seed)
  const clients = []
  // Another identity that uses the same store, and so a cookie of the same name.
  const others = ({ owner, store }) => {
    for (;;) {
      const other = random.pick(random.pick(clients).identities)
      if (other.store === store && other.owner !== owner) return other
    }
  }
  for (let n = 0; n < CLIENTS; n++) {
    clients.push(new Client(port, `client${n}`, new Random(random.below(2 ** 31)), others))
  }
  return clients
}

async function report(server) {
  server.send('report')
  return told(server)
}

/** What the server says next. It must not end instead. */
async function told(server) {
  const done = new AbortController()
  const { signal } = done
  const ended = once(server, 'exit', { signal }).then(([code, killedBy]) => {
    throw new Error(`the server has ended: ${killedBy ?? code}`)
  })
  // When it is not needed any more it is given up, which is no failure.
  ended.catch(() => {})
  try {
    const [message] = await Promise.race([once(server, 'message', { signal }), ended])
    return message
  } finally {
    done.abort()
  }
}

function summary(clients, before, after) {
  const total = (key) => clients.reduce((sum, client) => sum + client[key], 0)
  const megabytes = (bytes) => Math.round(bytes / 2 ** 20)
  return {
    requests: total('requests'),
    refused: total('refused'),
    aborted: total('aborted'),
    sessions: after.sessions,
    heapMB: [before, after].map(({ heapUsed }) => megabytes(heapUsed)),
    rssMB: [before, after].map(({ rss }) => megabytes(rss))
  }
}

module.exports = { rawHttp }
