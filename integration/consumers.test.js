'use strict'

const assert = require('node:assert/strict')
const { describe, test } = require('node:test')
const { consumerNamed, names } = require('./consumers')
const { chosen, recordingOf } = require('./provider')

const PROVIDERS = chosen()
const { ONLY } = process.env
const NAMES = names().filter((name) => !ONLY || name.includes(ONLY))
assert.notEqual(NAMES.length, 0, `no consumer has a name with ${ONLY} in it`)

for (const name of NAMES) {
  const { differs = [], expectations } = consumerNamed(name)

  describe(name, () => {
    const recordings = new Map()

    for (const provider of PROVIDERS) {
      test(`does its work with ${provider}`, async (t) => {
        const { isOurs, steps } = await recordingOf(provider, 'consumers/main.js', { name })
        assert.equal(isOurs, provider === 'ours')
        recordings.set(provider, steps)
        await Promise.all(
          Object.entries(expectations).map(([sentence, expect]) =>
            t.test(sentence, () => expect(steps, provider))
          )
        )
      })
    }

    if (PROVIDERS.length > 1) {
      test('clients see and the store holds the same with both', () => {
        const [genuine, ours] = PROVIDERS.map((provider) => recordings.get(provider))
        assert.ok(genuine && ours, 'both have to have been recorded')
        assert.deepEqual(Object.keys(ours), Object.keys(genuine))
        for (const title of Object.keys(genuine)) {
          // A difference that is gone must not remain in the documentation.
          const compare = differs.includes(title) ? assert.notDeepEqual : assert.deepEqual
          compare(ours[title], genuine[title], title)
        }
      })
    }
  })
}
