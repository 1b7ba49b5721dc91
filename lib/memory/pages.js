'use strict'

const native = require('../native')
const { checkPageSize } = require('./options')
const { time } = require('./time')
const { parseSession } = require('./whole-text')

/** Iterating over the sessions of a store, while others come and go. */

// Captured when the module loads: an application's fake timers must not delay iterations.
const turn = setImmediate

/**
 * Yields ids and sessions.
 *
 * @param {() => object} handle Returns the native store, or throws if it is closed.
 * @param {unknown} pageSize
 */
async function* entriesOf(handle, pageSize) {
  for await (const page of pagesOf(handle, pageSize, true)) {
    for (let n = 0; n < page.length; n += 2) {
      const session = parseSession(page[n + 1])
      if (session) yield [page[n], session]
    }
  }
}

/** Yields ids. */
async function* idsOf(handle, pageSize) {
  for await (const page of pagesOf(handle, pageSize, false)) {
    for (let n = 0; n < page.length; n += 2) yield page[n]
  }
}

async function* pagesOf(handle, pageSize, texts) {
  const size = checkPageSize(pageSize)
  const pages = native.createMemoryPages()
  let page
  do {
    page = native.memoryPage(handle(), pages, size, time(), texts)
    yield page
    // Lets the event loop run between pages.
    // oxlint-disable-next-line no-await-in-loop -- waiting is the purpose
    await new Promise(turn)
  } while (page.length > 0)
}

module.exports = { entriesOf, idsOf }
