'use strict'

/**
 * Raw requests, and what has to come of them. `expects` is one of
 *
 * - `own`: the session of the identity whose cookie is in the request;
 * - `nobody`: no session, as the cookie is not valid;
 * - `own or nobody`: how Node reads such a request is Node's affair, but it is nobody else's session;
 * - `refused`: not answered with 200, and the connection ends.
 */

const NODE_LIMIT = 16_384
const ODD = '%;=" \t,\\\u0080\u00c3\u00e9\u00ff'
const OCTETS = 'abcXYZ019-_.%'

/** The header lines of cookies in which an identity's own cookie is the first valid one. */
const OWN = {
  plain: (random, { own }) => [own],
  'among others': (random, { own }) => [`a=1; ${own}; b=2`],
  blanks: (random, { own }) => [`  ${own.replace('=', ' \t= ')} \t;`],
  quotes: (random, { own }) => [own.replace('=', '="').concat('"')],
  'more of it encoded': (random, { own }) => [own.replace('=s%3A', '=%73%3a')],
  'first of two': (random, { own, other }) => [`${own}; ${other}`],
  'two headers': (random, { own, other }) => ['x=1', own, other],
  'many headers': (random, { own }) => [...Array(40).fill('x=1'), own],
  'after a long one': (random, { own }) => [
    `long=${random.text(4000 + random.below(8000), OCTETS)}; ${own}`
  ],
  'after many': (random, { own }) => [`${'a=1;'.repeat(random.below(2000))}${own}`],
  'after odd ones': (random, { own }) => [`a=${odd(random)}; b%=${odd(random)}; ${own}`],
  'up to the limit': (random, { own }) => [`${own}; rest=${'%'.repeat(15_500 - own.length)}`]
}

/** The header lines of cookies that are nobody's. */
const NOBODY = {
  none: () => [],
  empty: () => [''],
  tampered: (random, { own }) => [tampered(random, own)],
  'cut short': (random, { own }) => [own.slice(0, own.indexOf('=') + 1 + random.below(70))],
  'too long': (random, { own }) => [`${own}A`],
  padded: (random, { own }) => [`${own}%3D`],
  'the id of another with the own signature': (random, { own, other }) => [
    other.replace(/\.[^.]*$/, own.slice(own.lastIndexOf('.')))
  ],
  'the second is the right one': (random, { own }) => [`${tampered(random, own)}; ${own}`],
  'not signed': (random, { own }) => [own.replace('s%3A', '')],
  'not to be decoded': (random, { own }) => [`${own}%`],
  'another name': (random, { own }) => [`x${own}; ${own.replace('.sid', '.side')}`],
  'the name in capitals': (random, { own }) => [own.replace('.sid', '.SID')],
  'percent signs': (random, { name }) => [`${name}=${'%'.repeat(random.below(9000))}`],
  candidates: (random, { name }) => [`${name}=s%3Ax.y; `.repeat(1 + random.below(600))],
  dots: (random, { name }) => [`${name}=s%3A${'.'.repeat(random.below(4000))}`],
  odd: (random, { name }) => [`${name}=s%3A${odd(random).replaceAll(';', '')}`],
  bytes: (random, { name }) => [`${name}=\u00ff\u00fe\u0080`]
}

/** What follows the request line, and may be refused. */
const REFUSED = {
  NUL: ({ own }) => `Cookie: ${own}\0\r\n\r\n`,
  'past the limit': ({ own }) => `Cookie: ${own}; x=${'x'.repeat(NODE_LIMIT)}\r\n\r\n`,
  'a name with a blank': ({ own }) => `Cookie : ${own}\r\n\r\n`,
  'two lengths': ({ own }) => `Cookie: ${own}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`
}
const UNCLEAR = {
  folded: ({ own }) => `Cookie: a=1;\r\n ${own}\r\n\r\n`,
  'folded inside': ({ own }) => `Cookie: ${own.slice(0, 20)}\r\n\t${own.slice(20)}\r\n\r\n`,
  'line feeds alone': ({ own }) => `Cookie: ${own}\n\n`,
  'an empty chunked body': ({ own }) =>
    `Cookie: ${own}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
}

function odd(random) {
  return random.text(random.below(40), ODD)
}

function tampered(random, own) {
  // The last character of a signature has bits of no meaning, but those are not taken either.
  const place = own.length - 1 - random.below(40)
  const replaced = own[place] === 'A' ? 'B' : 'A'
  // Within an escape this makes another one, or none.
  return own.slice(0, place) + replaced + own.slice(place + 1)
}

/** A request that is as it should be, but for its cookies. */
function makeRequest(random, identity, other, route = 'count') {
  const context = { own: identity.cookie, other: other.cookie ?? 'x=1', name: identity.name }
  const isOwn = !random.oneIn(3)
  const kinds = isOwn ? OWN : NOBODY
  const kind = random.pick(Object.keys(kinds))
  const cookies = kinds[kind](random, context).map((cookie) => `${headerName(random)}: ${cookie}`)
  return {
    kind,
    route: isOwn ? route : 'look',
    expects: isOwn ? 'own' : 'nobody',
    text: assemble(identity, isOwn ? route : 'look', [...cookies, ...more(random)])
  }
}

/** A request that ends its connection. */
function makeLastRequest(random, identity) {
  const isRefused = random.oneIn(2)
  const kinds = isRefused ? REFUSED : UNCLEAR
  const kind = random.pick(Object.keys(kinds))
  const rest = kinds[kind]({ own: identity.cookie })
  return {
    kind,
    route: 'look',
    expects: isRefused ? 'refused' : 'own or nobody',
    text: `GET /${identity.store}/look/${identity.owner} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${rest}`
  }
}

/** A plain request with the identity's own cookie, if it has one. */
function makePlainRequest(random, identity, route) {
  const cookies = identity.cookie ? [`Cookie: ${identity.cookie}`] : []
  return {
    kind: route,
    route,
    expects: 'own',
    text: assemble(identity, route, [...cookies, ...more(random)])
  }
}

function headerName(random) {
  return random.pick(['Cookie', 'Cookie', 'cookie', 'COOKIE'])
}

function more(random) {
  return random.oneIn(2) ? ['X-Length: 1'] : []
}

function assemble(identity, route, lines) {
  const first = `GET /${identity.store}/${route}/${identity.owner} HTTP/1.1`
  return [first, 'Host: localhost', ...lines, '', ''].join('\r\n')
}

module.exports = { makeLastRequest, makePlainRequest, makeRequest }
