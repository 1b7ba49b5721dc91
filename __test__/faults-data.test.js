'use strict'

// A session whose data have no JSON, at the end of the response, on express-session and on this package.

const assert = require('node:assert')
const { test } = require('node:test')
const { Site, onBoth, turns } = require('./hardening/beside-oracle')
const { faultyStore } = require('./hardening/faulty-store')

const KNOWN = JSON.stringify({ cookie: { originalMaxAge: null, expires: null, path: '/' }, n: 1 })

const STORES = {
  'a MemoryStore': (session) => {
    const store = new session.MemoryStore()
    store.sessions.known = KNOWN
    return store
  },
  'a store that answers later': faultyStore({})
}

const CHANGES = {
  'a circle': (session) => {
    session.self = session
  },
  'a BigInt': (session) => {
    session.amount = 1n
  },
  'a toJSON that throws': (session) => {
    session.value = {
      toJSON() {
        throw new TypeError('toJSON throws')
      }
    }
  }
}

const times = (journal, what) => journal.filter(([entry]) => entry === what).length

for (const [kind, makeStore] of Object.entries(STORES)) {
  for (const [data, change] of Object.entries(CHANGES)) {
    for (const options of [{}, { resave: true, rolling: true }]) {
      const setting = JSON.stringify(options)
      test(`${data} in a session of ${kind} fails at its end, which stays open: ${setting}`, async () => {
        const answer = (req, res) => {
          if (req.url === '/change') {
            req.session.n = 2
            change(req.session)
          }
          res.end(`n=${req.session.n}`)
        }
        const [theirs, ours] = await onBoth(async (name) => {
          const site = new Site(name, makeStore, answer, options)
          await site.open()
          try {
            const client = await site.begin({ path: '/change' })
            let received = ''
            client.setEncoding('latin1').on('data', (chunk) => (received += chunk))
            await site.until((journal) => journal.some(([what, error]) => what === 'next' && error))
            await turns()
            const answered = times(site.journal, 'response')
            client.destroy()
            await site.until((journal) => times(journal, 'response') === 1)
            // What the next request of the same client finds.
            const found = /n=.*/.exec(await site.ask())?.[0]
            return { received, answered, found, journal: site.journal }
          } finally {
            await site.close()
          }
        })
        assert.deepStrictEqual(ours, theirs)
        assert.strictEqual(times(ours.journal, 'application threw'), 1)
        assert.deepStrictEqual([ours.received, ours.answered], ['', 0])
        assert.strictEqual(ours.found, 'n=1')
      })
    }
  }
}
