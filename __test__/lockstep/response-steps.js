'use strict'

const { Readable } = require('node:stream')
const fc = require('fast-check')
const { pick, tagged, weighted } = require('./values')

// What applications do with a response. `RESPONSE_STEPS` carries the descriptions out.

const body = weighted(
  [8, tagged('text', pick('body', '', 'é\u{1F600}', '\ud800', 'x'.repeat(3000)))],
  [3, tagged('buffer', pick('bytes', ''))],
  [0.5, tagged('text', pick('x'.repeat(70_000)))],
  [0.5, pick(['number', 5], ['null'], ['undefined'], ['array'], ['object'], ['boolean'])]
)
// From Node 26 on, `write` keeps what it is given for `end`, which refuses it: with express-session, that is
// in its store's callback, where it can't be caught.
const REFUSES_AT_ONCE = Number.parseInt(process.versions.node, 10) < 26
const encoding = weighted(
  [6, pick(undefined)],
  [2, pick('utf8', 'latin1', 'hex', 'base64', 'utf16le')],
  [0.3, pick(...(REFUSES_AT_ONCE ? ['bogus', null] : [null]))]
)
// Not what Node cannot write: with a store that answers later, that ends a process with express-session.
const endBody = weighted(
  [8, tagged('text', pick('body', '', 'é\u{1F600}', '\ud800', 'x'.repeat(3000)))],
  [3, tagged('buffer', pick('bytes', ''))],
  [0.5, tagged('text', pick('x'.repeat(70_000)))],
  [0.5, pick(['null'], ['undefined'], ['array'])]
)
const endEncoding = pick(undefined, undefined, 'utf8', 'latin1', 'hex', 'base64', 'utf16le', null)
const header = weighted(
  [4, fc.tuple(pick('X-Test', 'Content-Type', 'Vary'), pick('a', 'text/plain', '', 5))],
  [3, fc.tuple(pick('Content-Length'), pick(4, '4', 5, 0, 1, 'abc', '', 3000, -1))],
  [3, fc.tuple(pick('Set-Cookie', 'set-cookie'), pick('a=b', ['a=b', 'c=d'], '', [], 5))],
  [0.5, fc.tuple(pick('Transfer-Encoding', 'Connection'), pick('chunked', 'close', 'keep-alive'))],
  [0.3, fc.tuple(pick('X-Test', 'a b', ''), pick('\n', 'é', '\u{1F600}', null))]
)
const status = weighted(
  [6, pick(200, 404)],
  [2, pick(204, 304, 500)],
  [0.3, pick(99, 1000, 'x', 101)]
)
const headWith = fc.record(
  {
    status,
    message: weighted([4, pick(null)], [1, pick('Fine', '', 'Bad\n')]),
    headers: fc.array(header, { maxLength: 3 }),
    form: pick('none', 'object', 'object', 'pairs', 'flat', 'odd', 'undefined')
  },
  { noNullPrototype: true }
)
const chunks = fc.array(pick('one', 'é', 'x'.repeat(5000)), { maxLength: 3 })

const ending = weighted(
  [6, tagged('end', fc.tuple(endBody))],
  [3, tagged('end', fc.constant([]))],
  [2, tagged('end', fc.tuple(endBody, endEncoding))],
  [0.5, tagged('end with callback', endBody, endEncoding)],
  [1, tagged('pipe', chunks)]
)
const responseStep = weighted(
  [3, tagged('status', status)],
  [5, tagged('header', header)],
  [1, tagged('append', header)],
  [1, tagged('unset header', pick('Set-Cookie', 'Content-Length', 'X-Test'))],
  [4, tagged('write', body, encoding)],
  [3, tagged('writeHead', headWith)],
  [2, tagged('flush')],
  [3, ending],
  [0.5, tagged('abort')],
  [0.3, tagged('destroy response')],
  [0.3, tagged('cork', pick('cork', 'uncork'))],
  [0.5, tagged('throw', pick('error', 'undefined'))]
)

const BODIES = {
  text: (given) => given,
  buffer: (given) => Buffer.from(given),
  number: (given) => given,
  null: () => null,
  undefined: () => undefined,
  array: () => new Uint8Array([65, 66]),
  object: () => ({}),
  boolean: () => false
}

const makeBody = ([tag, given]) => BODIES[tag](given)

// Node adds to the lists it is given.
const own = (given) => (Array.isArray(given) ? [...given] : given)

const HEADERS = {
  none: () => [],
  undefined: () => [undefined],
  object: (headers) => [Object.fromEntries(headers)],
  pairs: (headers) => [headers],
  flat: (headers) => [headers.flat(1)],
  odd: (headers) => [[...headers.flat(1), 'X-Odd']]
}

// A stream that fails to write does so out of reach of any handler, and when it does is no provider's
// doing.
function hasWritableStatus({ statusCode, statusMessage }) {
  return statusCode >= 100 && statusCode < 1000 && !/\n/.test(statusMessage)
}

class Thrown extends Error {}

const RESPONSE_STEPS = {
  status: ({ res }, given) => {
    res.statusCode = given
  },
  header: ({ res }, [name, given]) => {
    res.setHeader(name, own(given))
  },
  append: ({ res }, [name, given]) => {
    res.appendHeader(name, own(given))
  },
  'unset header': ({ res }, name) => res.removeHeader(name),
  write: ({ res }, given, how) => res.write(makeBody(given), how),
  writeHead: ({ res }, { status: code, message, headers, form }) => {
    const args = message === null ? [code] : [code, message]
    const copies = headers.map(([name, given]) => [name, own(given)])
    return res.writeHead(...args, ...HEADERS[form](copies))
  },
  flush: ({ res }) => res.flushHeaders(),
  end: ({ res }, [given, ...how]) => (given ? res.end(makeBody(given), ...how) : res.end()),
  'end with callback': ({ res }, given, how) => res.end(makeBody(given), how, () => {}),
  pipe: ({ res }, given) => {
    if (!hasWritableStatus(res)) return res.end(given.join(''))
    return void Readable.from(given.map((chunk) => Buffer.from(chunk))).pipe(res)
  },
  abort: ({ req }) => {
    req.socket.destroy()
  },
  'destroy response': ({ res }) => {
    res.destroy()
  },
  cork: ({ res }, how) => res[how](),
  throw: (play, given) => {
    throw new Thrown(given)
  }
}

module.exports = { RESPONSE_STEPS, Thrown, ending, responseStep }
