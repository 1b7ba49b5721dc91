'use strict'

const { contract } = require('./lib/testing/contract')
const { Trial } = require('./lib/testing/trial')

/**
 * Runs the contract of session stores as a test suite: what express-session asks of a store, and what this
 * package's stores promise in addition. It works with node:test, Mocha, Jest and Vitest.
 *
 * @param {import('./testing').StoreSuiteOptions} options See `testing.d.ts`.
 * @throws {TypeError} For a missing function, or an unknown id in `except`.
 */
function storeSuite(options = {}) {
  const { create, describe = globalThis.describe, dispose, except = {} } = options
  const { beyond = true, it = globalThis.it, name = 'the store' } = options
  for (const [option, value] of Object.entries({ create, describe, it })) {
    if (typeof value !== 'function') throw new TypeError(`storeSuite: ${option} must be a function`)
  }
  const ids = new Set(contract.map(({ id }) => id))
  for (const id of Object.keys(except)) {
    if (!ids.has(id))
      throw new TypeError(`storeSuite: except has the unknown id ${JSON.stringify(id)}`)
  }

  const run = (point) => async () => {
    const trial = new Trial(await create())
    try {
      await trial.run(point)
      await trial.check()
    } finally {
      await dispose?.(trial.store)
    }
  }

  describe(`${name}: what express-session asks of a store`, () => {
    for (const point of contract) {
      if (!point.isBeyond) define(point)
    }
  })
  if (!beyond) return
  describe(`${name}: what stores of express-session-native promise in addition`, () => {
    for (const point of contract) {
      if (point.isBeyond) define(point)
    }
  })

  function define(point) {
    const title = `${point.title} [${point.id}]`
    if (Object.hasOwn(except, point.id)) it.skip(`${title}: ${except[point.id]}`, () => {})
    else it(title, run(point))
  }
}

module.exports = { contract, storeSuite }
