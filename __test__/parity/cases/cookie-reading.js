'use strict'

const assert = require('node:assert/strict')
const { cookieHeader, signed } = require('../signature')
const { open, storedSession } = require('../site')

const GOOD = signed('known')
const ENCODED = encodeURIComponent(GOOD)
const MAC = GOOD.slice('s:known.'.length)
const flipped = (text, at) =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)

// Whether each header is recognized as the session `known`.
const HEADERS = {
  plain: [`connect.sid=${ENCODED}`, true],
  unencoded: [`connect.sid=${GOOD}`, true],
  'encoded in lower case': [`connect.sid=${ENCODED.replaceAll('%3A', '%3a')}`, true],
  'everything encoded': [`connect.sid=${[...Buffer.from(GOOD)].map(percent).join('')}`, true],
  'first of several': [`connect.sid=${ENCODED}; a=1; b=2`, true],
  'last of several': [`a=1; b=2; connect.sid=${ENCODED}`, true],
  'between names alike': [`connect.si=1; connect.sid=${ENCODED}; connect.sid2=3`, true],
  'no space between': [`a=1;connect.sid=${ENCODED};b=2`, true],
  'many spaces and tabs': [`  a=1 ;\t \tconnect.sid \t= \t${ENCODED}\t ; b=2`, true],
  'other spaces around': [`connect.sid=\u00a0${ENCODED}`, false],
  'vertical tab before': [`\vconnect.sid=${ENCODED}`, false],
  quoted: [`connect.sid="${ENCODED}"`, true],
  'quoted with spaces outside': [`connect.sid= "${ENCODED}" `, true],
  'quoted with spaces inside': [`connect.sid=" ${ENCODED} "`, false],
  'quoted at the start only': [`connect.sid="${ENCODED}`, false],
  'quoted at the end only': [`connect.sid=${ENCODED}"`, false],
  'quoted twice': [`connect.sid=""${ENCODED}""`, false],
  'one quote': ['connect.sid="', false],
  'two quotes': ['connect.sid=""', false],
  'duplicate, good first': [`connect.sid=${ENCODED}; connect.sid=s%3Aother.bad`, true],
  'duplicate, good second': [`connect.sid=s%3Aother.bad; connect.sid=${ENCODED}`, false],
  'duplicate, empty first': [`connect.sid=; connect.sid=${ENCODED}`, false],
  'name in upper case': [`CONNECT.SID=${ENCODED}`, false],
  'name encoded': [`connect%2Esid=${ENCODED}`, false],
  'name quoted': [`"connect.sid"=${ENCODED}`, false],
  'no value': ['connect.sid=', false],
  'no equals sign': ['connect.sid', false],
  'no equals sign, then good': [`connect.sid; connect.sid=${ENCODED}`, true],
  'only spaces as value': ['connect.sid=   ', false],
  'semicolons all over': [`;;; ;connect.sid=${ENCODED};;`, true],
  'equals signs all over': [`=; =a; ==; connect.sid=${ENCODED}`, true],
  'equals sign in the value': [`connect.sid=${ENCODED}=`, false],
  'padding not removed': [`connect.sid=${encodeURIComponent(`${GOOD}=`)}`, false],
  'comma instead of semicolon': [`a=1, connect.sid=${ENCODED}`, false],
  tampered: [`connect.sid=${encodeURIComponent(`s:knowm.${MAC}`)}`, false],
  'first of the signature': [`connect.sid=${encodeURIComponent(flipped(GOOD, 8))}`, false],
  'last of the signature': [
    `connect.sid=${encodeURIComponent(flipped(GOOD, GOOD.length - 2))}`,
    false
  ],
  'truncated by one': [`connect.sid=${encodeURIComponent(GOOD.slice(0, -1))}`, false],
  'truncated to the id and dot': ['connect.sid=s%3Aknown.', false],
  'truncated to the id': ['connect.sid=s%3Aknown', false],
  'truncated to the prefix': ['connect.sid=s%3A', false],
  'truncated to the letter': ['connect.sid=s', false],
  'one byte more': [`connect.sid=${ENCODED}A`, false],
  'prefix in upper case': [`connect.sid=${ENCODED.replace('s', 'S')}`, false],
  'prefix twice': [`connect.sid=s%3A${ENCODED}`, false],
  unsigned: ['connect.sid=known', false],
  'json cookie': ['connect.sid=j%3A%7B%22a%22%3A1%7D', false],
  'other secret': [cookieHeader('known', { secret: 'other' }), false],
  'url-safe base64': [
    `connect.sid=${encodeURIComponent(GOOD.replaceAll('+', '-').replaceAll('/', '_'))}`,
    null
  ],
  'percent sign alone': [`connect.sid=%`, false],
  'percent sign at the end': [`connect.sid=${ENCODED}%`, false],
  'percent sequence broken': [`connect.sid=${ENCODED.replace('%3A', '%3')}`, false],
  'percent sequence not hex': [`connect.sid=${ENCODED.replace('%3A', '%ZZ')}`, false],
  'percent sequence of invalid UTF-8': [`connect.sid=${ENCODED}%ff`, false],
  'percent sequence of a surrogate': [`connect.sid=${ENCODED}%ed%a0%80`, false],
  'percent sequence overlong': [`connect.sid=%c1%b3${ENCODED.slice(1)}`, false],
  'percent broken in another cookie': [`a=%E0%A4%A; connect.sid=${ENCODED}`, true],
  'plus instead of space': [`connect.sid=+${ENCODED}`, false],
  'non-ASCII before': [`name=é€🙂; connect.sid=${ENCODED}`, true],
  'non-ASCII id': [cookieHeader('kn\u00f6wn'), false],
  'NUL inside': [`connect.sid=${ENCODED}\u0000`, false],
  'line break before': [`a=1;\nconnect.sid=${ENCODED}`, false],
  'very long before': [`a=${'x'.repeat(100_000)}; connect.sid=${ENCODED}`, true],
  'many before': [`${'a=1; '.repeat(5000)}connect.sid=${ENCODED}`, true],
  'many names before': [
    `${Array.from({ length: 500 }, (_, i) => `n${i}=1; `).join('')}connect.sid=${ENCODED}`,
    true
  ],
  'very long id': [cookieHeader('x'.repeat(50_000)), false],
  'empty id with its signature': [`connect.sid=${encodeURIComponent(signed(''))}`, false],
  'id of dots': [cookieHeader('...'), false],
  'signature of an empty id without dot': [
    `connect.sid=s%3A${encodeURIComponent(signed('').slice(3))}`,
    false
  ],
  'prototype names before': [
    `__proto__=1; constructor=2; toString=3; connect.sid=${ENCODED}`,
    true
  ],
  empty: ['', false],
  'one character': ['=', false],
  'one letter': ['a', false]
}

const ODD = {
  number: 7,
  true: true,
  object: {},
  array: [`connect.sid=${ENCODED}`],
  null: null,
  zero: 0
}

function percent(byte) {
  return `%${byte.toString(16).padStart(2, '0')}`
}

function who(req, res, log) {
  log.add('session', req.sessionID, req.session.id, req.session.user)
  res.end('seen')
}

const site = (session, options) =>
  open(session, { options, store: { data: { known: storedSession({ user: 'tobi' }) } } })

const EMPTY = encodeURIComponent(signed(''))

const FALLBACKS = {
  'signedCookies instead of a header': [{ signedCookies: { 'connect.sid': 'known' } }, true],
  'signedCookies with a bad header': [
    { signedCookies: { 'connect.sid': 'known' }, header: 'connect.sid=s%3Ax.y' },
    true
  ],
  'signedCookies with an unsigned header': [
    { signedCookies: { 'connect.sid': 'known' }, header: 'connect.sid=known' },
    true
  ],
  'signedCookies with a header of an empty id': [
    { signedCookies: { 'connect.sid': 'known' }, header: `connect.sid=${EMPTY}` },
    true
  ],
  'signedCookies with a good header': [
    { signedCookies: { 'connect.sid': 'other' }, header: `connect.sid=${ENCODED}` },
    true
  ],
  'signedCookies false': [{ signedCookies: { 'connect.sid': false } }, false],
  'signedCookies false, cookies good': [
    { signedCookies: { 'connect.sid': false }, cookies: { 'connect.sid': GOOD } },
    true
  ],
  'signedCookies a number': [{ signedCookies: { 'connect.sid': 42 } }, false],
  'signedCookies an object': [{ signedCookies: { 'connect.sid': { a: 1 } } }, false],
  'signedCookies text': [{ signedCookies: 'known' }, false],
  'cookies good': [{ cookies: { 'connect.sid': GOOD } }, true],
  'cookies encoded': [{ cookies: { 'connect.sid': ENCODED } }, false],
  'cookies tampered': [{ cookies: { 'connect.sid': `${GOOD}x` } }, false],
  'cookies unsigned': [{ cookies: { 'connect.sid': 'known' } }, false],
  'cookies empty': [{ cookies: { 'connect.sid': '' } }, false],
  'cookies text': [{ cookies: 'x' }, false],
  'cookies of another secret': [{ cookies: { 'connect.sid': signed('known', 'b') } }, false],
  'cookies inherited': [{ cookies: Object.create({ 'connect.sid': GOOD }) }, true],
  'cookies good, header tampered': [
    { cookies: { 'connect.sid': GOOD }, header: `connect.sid=${ENCODED}x` },
    true
  ]
}

module.exports = [
  ...Object.entries(HEADERS).map(([label, [cookie, known]]) => ({
    name: `a Cookie header is understood alike: ${label}`,
    run: (session) => site(session).visit({ headers: { cookie }, handle: who }),
    expect({ log }) {
      const [, id, own, user] = log.find(([name]) => name === 'session')
      assert.equal(id, own)
      if (known !== null) assert.equal(user, known ? 'tobi' : '<undefined>')
    }
  })),
  ...Object.entries(ODD).map(([label, cookie]) => ({
    name: `a Cookie header which is no string is handled alike: ${label}`,
    run: (session) => site(session).visit({ headers: { cookie }, handle: who }),
    expect({ log }) {
      if (cookie) {
        const message = 'argument str must be a string'
        assert.deepEqual(log, [['middleware threw', { error: 'TypeError', message }]])
      } else {
        assert.equal(log.find(([name]) => name === 'session')[1], 'id1')
      }
    }
  })),
  ...Object.entries(FALLBACKS).map(([label, [{ header, ...properties }, known]]) => ({
    name: `what a cookie parser left on the request is used: ${label}`,
    run: (session) =>
      site(session).visit({
        headers: header === undefined ? {} : { cookie: header },
        prepare: (req) => Object.assign(req, properties),
        handle: who
      }),
    expect({ log }) {
      const [, , , user] = log.find(([name]) => name === 'session')
      assert.equal(user, known ? 'tobi' : '<undefined>')
    }
  })),
  {
    name: 'a request without headers at all makes the middleware throw',
    run: (session) =>
      site(session).visit({
        prepare: (req) => Object.defineProperty(req, 'headers', { value: undefined }),
        handle: who
      }),
    expect({ log }) {
      assert.equal(log[0][0], 'middleware threw')
      assert.equal(log[0][1].error, 'TypeError')
    }
  },
  {
    name: 'truncating the cookie at any place, or changing any character, makes it unknown',
    async run(session) {
      const ids = []
      const app = site(session)
      for (let at = 0; at < GOOD.length; at++) {
        for (const value of [GOOD.slice(0, at), flipped(GOOD, at)]) {
          const { log } = await app.visit({
            headers: { cookie: `connect.sid=${encodeURIComponent(value)}` },
            handle: who
          })
          ids.push(log.find(([name]) => name === 'session').slice(1))
        }
      }
      return ids
    },
    expect(ids) {
      assert.equal(ids.length, GOOD.length * 2)
      assert.ok(ids.every(([id]) => id !== 'known'))
    }
  }
]
