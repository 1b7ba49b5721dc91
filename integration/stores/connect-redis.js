'use strict'

const { once } = require('node:events')
const { RedisStore } = require('connect-redis')
const { createClient } = require('redis')

const PREFIX = 'tests:'

async function open(session, { port }) {
  const client = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: 20 },
    // Requests fail while the server is down, instead of waiting for it.
    disableOfflineQueue: true
  })
  client.on('error', () => {})
  await client.connect()
  await client.flushAll()

  return {
    store: new RedisStore({ client, prefix: PREFIX }),
    seesDown: async () => client.isReady && (await once(client, 'reconnecting')),
    seesUp: async () => client.isReady || (await once(client, 'ready')),
    async contents() {
      const keys = (await client.keys('*')).toSorted()
      const read = async (key) => {
        const [text, expires] = await Promise.all([client.get(key), client.pExpireTime(key)])
        return { key, text, expires }
      }
      return Promise.all(keys.map(read))
    }
  }
}

module.exports = { server: 'redis', keepsWhenStopped: true, open }
