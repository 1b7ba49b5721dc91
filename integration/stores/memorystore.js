'use strict'

const memoryStore = require('memorystore')

async function open(session) {
  const MemoryStore = memoryStore(session)
  const store = new MemoryStore({ checkPeriod: 0 })
  return {
    store,
    async contents() {
      const found = store.store.dump().map(({ k, v, e }) => ({ id: k, text: v, expires: e }))
      return found.toSorted((one, other) => (one.id < other.id ? -1 : 1))
    }
  }
}

module.exports = { open }
