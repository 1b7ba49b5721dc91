'use strict'

/** Cookie headers that are made to be expensive, and what comes of them. */

const { createRequire } = require('node:module')
const { Secrets } = require('../../lib/secrets')
const { readHeader } = require('../../lib/cookie-io')
const { cookieHeader, SECRET } = require('../parity/signature')

const oracle = createRequire(require.resolve('express-session'))
const { parse } = oracle('cookie')
const { unsign } = oracle('cookie-signature')

const NAME = 'connect.sid'
/** What Node takes for all headers of a request, unless it is told otherwise. */
const LARGEST = 16_000

const valid = cookieHeader('id')
const fill = (text) => text.repeat(Math.ceil(LARGEST / text.length)).slice(0, LARGEST)
const ending = (text, cookie) => `${text.slice(0, LARGEST - cookie.length - 2)}; ${cookie}`
const own = (value) => `${NAME}=${value}`.slice(0, LARGEST)

const HEADERS = {
  'an ordinary one': `a=1; ${valid}; b=2`,
  'one long cookie before': ending(`a=${fill('x')}`, valid),
  '4 000 cookies before': ending(fill('a=1;'), valid),
  'every other part without a value': ending(fill('a;b=1;'), valid),
  semicolons: ending(fill(';'), valid),
  'equals signs': ending(fill('='), valid),
  blanks: ending(`${NAME}=${fill(' ')}`, valid),
  'blanks before each name': ending(fill(`${' '.repeat(200)}a=1;`), valid),
  quotes: ending(fill('"'), valid),
  '1 000 candidates of the same name': fill(`${NAME}=s%3A;`),
  '1 000 candidates, the last one valid': ending(fill(`${NAME}=s;`), valid),
  'nearly the name': ending(fill(`${NAME}x=1;`), valid),
  'percent signs': own(fill('%')),
  'percent signs that are escapes': own(fill('%25')),
  'escapes, the last one cut': own(`${fill('%41').slice(0, 15_000)}%4`),
  'characters of four bytes, the last one cut': own(
    `${fill('%F0%9F%98%80').slice(0, 14_988)}%F0%9F`
  ),
  'a long id with a wrong signature': own(`s%3A${fill('x').slice(0, 15_900)}.${'A'.repeat(43)}`),
  dots: own(`s%3A${fill('.')}`),
  'a long signature': own(`s%3Aid.${fill('A')}`),
  'bytes beyond ASCII': ending(fill('\u00ff=\u00e9;'), valid),
  'one long cookie beyond ASCII before': ending(`a=${fill('\u00e9')}`, valid),
  'one byte beyond ASCII after 4 000 cookies': ending(fill('a=1;'), `b=\u00e9; ${valid}`),
  'bytes beyond ASCII under the name': own(fill('\u00e9')),
  'a signed value beyond ASCII under the name': own(`s%3A${fill('\u00e9')}.${'A'.repeat(43)}`),
  'a short header beyond ASCII': `a=\u00e9; ${valid}`,
  'characters beyond a byte': ending(fill('\u0119=\u0119;'), valid),
  'characters beyond a byte under the name': own(fill('\u0119'))
}

/** The session id in a header, as express-session finds it: with the packages that it uses. */
function theirs(header, secrets) {
  const raw = parse(header)[NAME]
  if (!raw || raw.slice(0, 2) !== 's:') return undefined
  for (const secret of secrets) {
    const id = unsign(raw.slice(2), secret)
    if (id !== false) return id
  }
  return undefined
}

const verifier = new Secrets()

/** The same as ours finds it. */
function ours(header, secrets) {
  return readHeader({ headers: { cookie: header } }, NAME, verifier, secrets)
}

/** Microseconds of the processor that a call takes: the best of several rounds, each of many calls. */
function microseconds(call) {
  let best = Infinity
  for (let round = 0; round < 7; round++) {
    let calls = 0
    const start = process.cpuUsage()
    let spent
    do {
      for (let n = 0; n < 20; n++) call()
      calls += 20
      const { user, system } = process.cpuUsage(start)
      spent = user + system
    } while (spent < 20_000)
    best = Math.min(best, spent / calls)
  }
  return best
}

function main() {
  const secrets = [SECRET]
  console.log('| Cookie header | bytes | express-session µs | here µs | ratio |')
  console.log('| --- | --: | --: | --: | --: |')
  for (const [name, header] of Object.entries(HEADERS)) {
    const [before, now] = [theirs, ours].map((find) => microseconds(() => find(header, secrets)))
    const ratio = (before / now).toFixed(1)
    const cells = [name, header.length, before.toFixed(1), now.toFixed(1), ratio]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

module.exports = { HEADERS, LARGEST, ours, theirs }

// Reported, not enforced: node __test__/hardening/header-cost.js
if (require.main === module) main()
