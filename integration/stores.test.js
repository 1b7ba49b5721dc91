'use strict'

const assert = require('node:assert/strict')
const { mkdtempSync } = require('node:fs')
const { after, describe, test } = require('node:test')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { chosen, recordingOf } = require('./provider')
const { expectations } = require('./scenario/expectations')
const { installed, launch } = require('./servers/launch')
const { forget, remember } = require('./servers/leftovers')
const { names, storeNamed } = require('./stores')

const PROVIDERS = chosen()
const { ALL, ONLY } = process.env
const NAMES = names().filter((name) => !ONLY || name.includes(ONLY))
assert.notEqual(NAMES.length, 0, `no store has a name with ${ONLY} in it`)

// They mostly wait: for sessions to expire and for servers to stop and to start.
const AT_ONCE = 6

const running = new Map()
const turns = new Map()
const skipped = []

after(() => Promise.all([...running.values()].map(async (server) => (await server).close())))

process.once('exit', () => {
  // Once more at the end, where it is seen.
  for (const line of skipped) console.log(`SKIPPED: ${line}`)
})

/** The server of a kind, started when it is needed first. */
function serverOf(kind) {
  if (!running.has(kind)) running.set(kind, launch(kind))
  return running.get(kind)
}

/** One after the other for each kind of server, as they stop it and remove what is in it. */
function inTurn(kind, work) {
  const turn = (turns.get(kind) ?? Promise.resolve()).then(work)
  turns.set(
    kind,
    turn.catch(() => {})
  )
  return turn
}

async function recorded(provider, name, { server: kind }) {
  const folder = mkdtempSync(join(tmpdir(), 'session-store-'))
  remember({ folder })
  try {
    const task = { folder, name }
    if (!kind) return await recordingOf(provider, 'scenario/main.js', task)
    return await inTurn(kind, async () => {
      const server = await serverOf(kind)
      task.port = server.port
      return recordingOf(provider, 'scenario/main.js', task, (request) => server[request]())
    })
  } finally {
    forget(folder)
  }
}

describe('stores', { concurrency: AT_ONCE }, () => {
  for (const name of NAMES) {
    const kind = storeNamed(name)
    const { missing } = kind.server ? installed(kind.server) : {}

    describe(name, { concurrency: 1 }, () => {
      if (missing) {
        if (!ALL) skipped.push(`${name}, because ${missing}`)
        test('its server is there', { skip: !ALL && missing }, () => assert.fail(missing))
        return
      }
      const recordings = new Map()

      for (const provider of PROVIDERS) {
        test(`everything can be done with ${provider}`, async (t) => {
          const { isOurs, isStore, ...recording } = await recorded(provider, name, kind)
          assert.equal(isOurs, provider === 'ours')
          assert.equal(isStore, !kind.borrows)
          recordings.set(provider, recording)
          for (const [sentence, expect] of Object.entries(expectations)) {
            await t.test(sentence, () => expect(recording, kind))
          }
        })
      }

      if (PROVIDERS.length > 1) {
        test('clients see and the store is asked and holds the same with both', () => {
          const [genuine, ours] = PROVIDERS.map((provider) => recordings.get(provider))
          assert.ok(genuine && ours, 'both have to have been recorded')
          assert.deepEqual(Object.keys(ours), Object.keys(genuine))
          for (const title of Object.keys(genuine)) {
            const { errors, records } = genuine[title]
            // One by one, as a difference in all of them at once is hard to read.
            for (const [place, record] of records.entries()) {
              assert.deepEqual(ours[title].records[place], record, `${title}: ${record.step}`)
            }
            assert.equal(ours[title].records.length, records.length)
            assert.deepEqual(ours[title].errors, errors, `errors while ${title}`)
          }
        })
      }
    })
  }
})
