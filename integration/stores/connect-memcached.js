'use strict'

const { setTimeout: pause } = require('node:timers/promises')
const { promisify } = require('node:util')
const memcachedStore = require('connect-memcached')
const Memcached = require('memcached')

async function open(session, { port }) {
  // It gives up on a server for good after some failures, unless it is told to look again soon.
  const client = new Memcached(`127.0.0.1:${port}`, {
    retries: 0,
    failures: 1000,
    reconnect: 20,
    retry: 20,
    timeout: 20_000
  })
  await promisify(client.flush.bind(client))()
  const MemcachedStore = memcachedStore(session)
  const get = promisify(client.get.bind(client))

  // Says nothing of it when a server is back, only answers again.
  async function seesUp() {
    const start = Date.now()
    for (;;) {
      try {
        return await get('no-such-key')
      } catch (error) {
        if (Date.now() - start > 10_000) throw error
        await pause(20)
      }
    }
  }

  return {
    store: new MemcachedStore({ client, prefix: 'tests:' }),
    seesUp,
    // It cannot list its keys, so they are those that the scenario has had made.
    async contents(ids) {
      const read = async (id) => ({ id, data: (await get(`tests:${id}`)) ?? null })
      const found = await Promise.all(ids.map(read))
      return found.filter(({ data }) => data !== null)
    }
  }
}

module.exports = {
  server: 'memcached',
  // It says one thing when it has just tried to connect, and another when that was a moment ago.
  failsInVariousWays: true,
  // `length` tells of the server's memory, not of sessions.
  lists: ['all', 'clear'],
  open
}
