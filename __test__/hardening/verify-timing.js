'use strict'

/**
 * Does the time of a verification tell how much of a forged signature is right? Measures signatures
 * whose first byte is wrong against those whose last byte is wrong, in random order, in many processes:
 * where things lie in one process makes a difference of its own, in either direction. Prints Student's
 * t of the differences: reported, not enforced, since a machine that does other things makes noise.
 *
 *   node __test__/hardening/verify-timing.js [processes]
 *
 * With |t| below 4.5 (the usual bound of leakage tests, TVLA) no difference was found.
 */

const { execFileSync } = require('node:child_process')
const { NoId } = require('../../lib/native')
const { Secrets } = require('../../lib/secrets')
const { Random } = require('./random')

const ROUNDS = 30_000
const CALLS = 20
const BOUND = 4.5

const verifier = new Secrets()
const secrets = ['the secret']
const signed = verifier.sign(secrets, 'an-id-of-thirty-two-characters-0')
const start = signed.lastIndexOf('.') + 1

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The signature with each of the other characters at a place: where a string lies has an effect too. */
function forgeries(place) {
  const others = Array.from(ALPHABET).filter((character) => character !== signed[place])
  return others.map((other) => signed.slice(0, place) + other + signed.slice(place + 1))
}

// The last character of all has bits that do not count; the one before it is the last full one.
const values = { first: forgeries(start), last: forgeries(signed.length - 2) }
for (const value of Object.values(values).flat()) {
  if (verifier.verify(secrets, value) !== NoId.Invalid) throw new Error('this is no forgery')
}
const random = new Random(process.pid)

function nanoseconds(value) {
  const begin = process.hrtime.bigint()
  for (let n = 0; n < CALLS; n++) verifier.verify(secrets, value)
  return Number(process.hrtime.bigint() - begin) / CALLS
}

/** The mean without the slowest tenth, which belong to the machine and not to the call. */
function mean(times) {
  const kept = times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length * 0.9))
  return kept.reduce((sum, time) => sum + time, 0) / kept.length
}

/** The two means of this process. */
function measure() {
  const times = { first: [], last: [] }
  // What is not compiled yet does not count.
  for (let round = 0; round < ROUNDS / 5; round++) nanoseconds(random.pick(values.first))
  for (let round = 0; round < ROUNDS; round++) {
    const kind = random.oneIn(2) ? 'first' : 'last'
    times[kind].push(nanoseconds(random.pick(values[kind])))
  }
  return [mean(times.first), mean(times.last)]
}

function main(processes) {
  const differences = []
  for (let n = 0; n < processes; n++) {
    const [first, last] = JSON.parse(execFileSync(process.execPath, [__filename, 'measure']))
    console.log(`first byte wrong: ${first.toFixed(1)} ns, last byte wrong: ${last.toFixed(1)} ns`)
    differences.push(first - last)
  }
  const average = differences.reduce((sum, one) => sum + one, 0) / processes
  const variance = differences.reduce((sum, one) => sum + (one - average) ** 2, 0) / (processes - 1)
  const t = average / Math.sqrt(variance / processes)
  const found = Math.abs(t) < BOUND ? 'no difference found' : 'a difference'
  console.log(`${average.toFixed(2)} ns on average, t = ${t.toFixed(2)}: ${found}`)
}

if (process.argv[2] === 'measure') console.log(JSON.stringify(measure()))
else main(Number(process.argv[2] ?? 24))
