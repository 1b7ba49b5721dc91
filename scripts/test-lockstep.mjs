// Plays generated scenarios on express-session and on this package, and compares all that can be seen.
//
//   npm run test:lockstep                                  5 000 scenarios of a new seed
//   npm run test:lockstep -- --runs 200000 --seed 1        so many, of this seed
//   npm run test:lockstep -- --seed 1 --path 17:0:2        the scenario that a failure has printed
//
// A scenario that makes a difference is shrunk and printed, with its seed and path. Exit code 1 then.

import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'

const require = createRequire(import.meta.url)

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' }
  }
})
const runs = wholeNumber('runs')
const seed = wholeNumber('seed')

prepare()
const { lockstep } = require('../__test__/lockstep/property.js')

console.log(`${runs} scenarios of seed ${seed}`)
const start = Date.now()
let done = 0
const { failure } = await lockstep({
  runs,
  seed,
  path: values.path,
  onRun() {
    done++
    if (done % 10_000 === 0) console.log(`  ${done} after ${seconds()} s`)
  }
})
// Scenarios leave things behind that would keep the process: timers of neighbours, sockets.
if (failure) {
  console.error(failure)
  process.exit(1)
}
console.log(`No difference in ${done} scenarios, ${seconds()} s`)
process.exit(0)

function wholeNumber(name) {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number >= 0) return number
  console.error(`--${name} must be a whole number`)
  process.exit(2)
}

function seconds() {
  return Math.round((Date.now() - start) / 1000)
}
