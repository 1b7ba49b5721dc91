'use strict'

const { createHmac } = require('node:crypto')
const fc = require('fast-check')
const { pick, tagged, text, weighted } = require('./values')

const id = weighted(
  [6, pick('known', 'id1')],
  [2, pick('other', '1')],
  [1, text],
  [0.5, pick('__proto__', 'a.b', 'x'.repeat(4000))]
)

const encoding = pick('percent', 'percent', 'percent', 'none', 'quoted', 'lower', 'every')

const valid = weighted([4, tagged('jar')], [4, tagged('signed', id, pick(0, 0, 0, 1, 2), encoding)])
const spoilt = tagged(
  'spoilt',
  valid,
  pick(
    'truncated',
    'flipped',
    'appended',
    'mangled',
    'upper',
    'no signature',
    'padded',
    'inserted'
  ),
  fc.nat(400)
)
const part = weighted(
  [6, valid],
  [2, spoilt],
  [
    1,
    tagged(
      'value',
      weighted([2, pick('', 's:', 's:.', 's:a', 'j:{}', '"', '%', 's%3A')], [1, text])
    )
  ],
  [
    1,
    tagged('text', weighted([2, pick('a=b', 'x', '', '=', '=s:a.b', ' ', 'sid', '; ')], [1, text]))
  ]
)
const cookieHeader = weighted(
  [3, tagged('none')],
  [4, tagged('header', fc.tuple(valid), pick('; '))],
  [3, tagged('header', fc.array(part, { minLength: 1, maxLength: 3 }), pick('; ', ';', ',', ' ; '))]
)

const ENCODINGS = {
  percent: encodeURIComponent,
  none: (value) => value,
  quoted: (value) => `"${value}"`,
  lower: (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  every: (value) => Buffer.from(value).reduce((all, byte) => `${all}%${hex(byte)}`, '')
}

const hex = (byte) => byte.toString(16).padStart(2, '0')

const SPOILS = {
  truncated: (value, at) => value.slice(0, at % (value.length + 1)),
  flipped: (value, at) => replaceAt(value, at, 'X'),
  appended: (value) => `${value}x`,
  mangled: (value, at) => replaceAt(value, at, '%'),
  upper: (value) => value.toUpperCase(),
  'no signature': (value) => value.slice(0, value.lastIndexOf('.')),
  padded: (value) => `${value}=`,
  inserted: (value, at) => replaceAt(value, at, ' \t')
}

function replaceAt(value, at, put) {
  const index = at % (value.length + 1)
  return value.slice(0, index) + put + value.slice(index + 1)
}

function sign(value, secret) {
  try {
    const mac = createHmac('sha256', secret).update(value).digest('base64')
    return `s:${value}.${mac.replace(/=+$/, '')}`
  } catch {
    return `s:${value}.unsigned`
  }
}

function encode(how, value) {
  try {
    return ENCODINGS[how](value)
  } catch {
    return value
  }
}

// The header of a request, out of what the client got so far and what it makes up.
function makeCookieHeader([tag, parts, separator], { jar, name, secrets }) {
  if (tag === 'none') return undefined

  function valueOf([kind, ...args]) {
    if (kind === 'jar') return jar.get(name) ?? 'nothing'
    if (kind === 'signed') return encode(args[2], sign(args[0], secrets[args[1] % secrets.length]))
    const [inner, how, at] = args
    return SPOILS[how](valueOf(inner), at)
  }

  return parts
    .map(([kind, ...args]) => {
      if (kind === 'text') return args[0]
      if (kind === 'value') return `${name}=${args[0]}`
      return `${name}=${valueOf([kind, ...args])}`
    })
    .join(separator)
}

// What a browser takes from an answer, as far as it matters here.
function keep(jar, head) {
  for (const line of head) {
    const [, name, value] = /^set-cookie: ([^=]+)=([^;]*)/i.exec(line) ?? []
    if (name) jar.set(name, value)
  }
}

module.exports = { cookieHeader, keep, makeCookieHeader }
