// Sends generated raw HTTP to a real server and checks that everybody only ever sees their own data.
//
//   node scripts/raw-http.mjs                               100 000 requests of a new seed
//   node scripts/raw-http.mjs --requests 1000000 --seed 1   so many, of this seed
//
// Exit code 1 if anything is not as it has to be.

import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'

const require = createRequire(import.meta.url)

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) }
  }
})
const [requests, seed] = [values.requests, values.seed].map(Number)
if (![requests, seed].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  console.error('--requests and --seed must be whole numbers')
  process.exit(2)
}

prepare()
const { rawHttp } = require('../__test__/hardening/raw-http.js')

console.log(`${requests} requests of seed ${seed}`)
const start = Date.now()
const seconds = () => Math.round((Date.now() - start) / 1000)
let told = 0
const found = await rawHttp({
  requests,
  seed,
  onProgress(done) {
    if (done - told < requests / 10) return
    told = done
    console.log(`  ${done} after ${seconds()} s`)
  }
})
console.log(JSON.stringify(found))
console.log(`Nothing wrong in ${found.requests} requests, ${seconds()} s`)
