'use strict'

const fc = require('fast-check')
const { difference } = require('./compare')
const { installTraps, isLoose, play } = require('./play')
const { scenario } = require('./scenario')

class Difference extends Error {}

// An entry a line: what a session looked like is long, and seldom what differs.
function described(found) {
  const lines = []
  for (const [title, entries] of Object.entries(found)) {
    lines.push(`${title}:`)
    for (const entry of [entries].flat()) lines.push(`  ${shortened(JSON.stringify(entry))}`)
  }
  return lines.join('\n')
}

const MOST_SHOWN = 1500
const shortened = (text) => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)

// Whether the original `end` may be called more than once.
function endsOften({ store, groups }) {
  const isLate = ([name]) => name === 'end with callback'
  return (
    Boolean(store.calls?.some(([, what]) => what === 'twice' || what === 'then error')) ||
    groups.some(({ requests }) =>
      requests.some(({ steps, ending }) => [...steps, ending].some(isLate))
    )
  )
}

async function compare(given) {
  const theirs = await play('express-session', given)
  const ours = await play('ours', given)
  const found = difference(theirs, ours, { loose: isLoose(given), endsOften: endsOften(given) })
  if (found) throw new Difference(described(found))
  return theirs
}

/**
 * Plays generated scenarios until one makes a difference, the runs are done or the time is up.
 *
 * @param {object} options
 * @param {number} options.runs
 * @param {number} options.seed
 * @param {string} [options.path] Of one scenario.
 * @param {number} [options.limit] Milliseconds.
 * @param {() => void} [options.onRun]
 * @returns {Promise<{ failure?: string }>} What differed first, as text, with the scenario.
 */
async function lockstep({ runs, seed, path, limit, onRun = () => {} }) {
  installTraps()
  const property = fc.asyncProperty(scenario, async (given) => {
    onRun(await compare(given))
  })
  const details = await fc.check(property, {
    numRuns: runs,
    seed,
    ...(path === undefined ? {} : { path }),
    ...(limit === undefined ? {} : { interruptAfterTimeLimit: limit })
  })
  if (!details.failed || (details.interrupted && !details.counterexample)) return {}
  const { counterexamplePath, counterexample, errorInstance } = details
  return {
    failure: [
      `Seed ${details.seed}, path ${counterexamplePath}, scenario ${details.numRuns}, shrunk to:`,
      JSON.stringify(counterexample?.[0], withoutLength),
      errorInstance instanceof Difference ? errorInstance.message : String(errorInstance?.stack)
    ].join('\n')
  }
}

function withoutLength(key, value) {
  return typeof value === 'string' && value.length > MOST_SHOWN ? shortened(value) : value
}

module.exports = { compare, lockstep }
