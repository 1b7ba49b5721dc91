'use strict'

const assert = require('node:assert/strict')
const { after, describe, test } = require('node:test')
const { chosen, recordingOf } = require('./provider')
const { expectations } = require('./scenario/expectations')
const { installed, launch } = require('./servers/launch')
const { names, storeNamed } = require('./stores')

const PROVIDERS = chosen()
const { ONLY } = process.env
const NAMES = names().filter((name) => !ONLY || name.includes(ONLY))
assert.notEqual(NAMES.length, 0, `no store has a name with ${ONLY} in it`)

const running = new Map()
after(() => Promise.all([...running.values()].map(async (server) => (await server).close())))

/** The server of a kind, started when it is needed first. */
function serverOf(kind) {
  if (!running.has(kind)) running.set(kind, launch(kind))
  return running.get(kind)
}

async function recorded(provider, name, { server: kind }) {
  if (!kind) return recordingOf(provider, 'scenario/main.js', { name })
  const server = await serverOf(kind)
  const answer = (request) => server[request]()
  return recordingOf(provider, 'scenario/main.js', { name, port: server.port }, answer)
}

for (const name of NAMES) {
  const kind = storeNamed(name)
  const missing = kind.server && installed(kind.server).missing

  describe(name, { skip: missing }, () => {
    const recordings = new Map()

    for (const provider of PROVIDERS) {
      test(`everything can be done with ${provider}`, async (t) => {
        const recording = await recorded(provider, name, kind)
        assert.equal(recording.isOurs, provider === 'ours')
        delete recording.isOurs
        recordings.set(provider, recording)
        for (const [sentence, expect] of Object.entries(expectations)) {
          await t.test(sentence, () => expect(recording, kind))
        }
      })
    }

    if (PROVIDERS.length > 1) {
      test('clients see and the store holds the same with both', () => {
        const [genuine, ours] = PROVIDERS.map((provider) => recordings.get(provider))
        assert.ok(genuine && ours, 'both have to have been recorded')
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
