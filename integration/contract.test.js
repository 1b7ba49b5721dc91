'use strict'

// The contract of session stores, on stores that people use. The table says which points each does not keep.

const assert = require('node:assert/strict')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { after, test } = require('node:test')
const session = require('..')
const { contract, storeSuite } = require('../testing')
const { installed, launch } = require('./servers/launch')

const NOT_BEYOND = ['close', 'late-request', 'late-save', 'pages', 'stats']

/** By store: the points that it does not keep. docs/store-contract.md has this table, too. */
const FAILURES = {
  'connect-redis': NOT_BEYOND,
  memorystore: NOT_BEYOND,
  'session-file-store': [...NOT_BEYOND, 'order', 'touch-absent']
}

const folder = mkdtempSync(join(tmpdir(), 'store-contract-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the suite, and gives the ids of the points that the store does not keep. */
async function failuresOf(create) {
  const failed = []
  const runs = []
  const it = (title, run) => {
    const [, id] = /\[([\w-]+)\]/.exec(title)
    runs.push(async () => {
      await run().catch((error) => failed.push([id, error.message]))
    })
  }
  it.skip = () => {}
  storeSuite({ name: 'x', create, describe: (_, suite) => suite(), it })
  for (const run of runs) await run()
  return failed
}

for (const [name, expected] of Object.entries(FAILURES)) {
  const { open, server } = require(`./stores/${name}`)
  const missing = server && installed(server).missing

  test(
    `${name} keeps all but ${expected.length} of ${contract.length} points`,
    { skip: missing },
    async () => {
      const running = server && (await launch(server))
      try {
        const { store } = await open(session, { folder, port: running?.port })
        const failed = await failuresOf(() => store)
        for (const [id, message] of failed) console.log(`${name}: ${id}: ${message.split('\n')[0]}`)
        assert.deepEqual(failed.map(([id]) => id).sort(), [...expected].sort())
        store.client?.destroy?.()
      } finally {
        await running?.close()
      }
    }
  )
}
