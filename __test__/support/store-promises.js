'use strict'

const { once } = require('node:events')
const { promisify } = require('node:util')

/** A method of a store as a promise. */
const ask = (store, method, ...args) => promisify(store[method]).call(store, ...args)

/** What a store emits next. Its timers alone would not keep the process waiting. */
async function next(store, event) {
  const waiting = setTimeout(() => {}, 60_000)
  try {
    return await once(store, event, { signal: AbortSignal.timeout(20_000) })
  } finally {
    clearTimeout(waiting)
  }
}

module.exports = { ask, next }
