'use strict'

const { inspect } = require('node:util')
const { makeRequest } = require('../parity/exchange')
const { COPIES, WRAPS } = require('../parity/wraps')
const { pick, tagged, weighted } = require('./values')

// What applications, test tools and membranes do to requests and to what is global.

const PROXIES = [
  'a plain proxy',
  'a proxy that knows no symbols',
  'a proxy that reads from its target',
  'a proxy with a set trap',
  'a proxy that asks for descriptors',
  'a proxy with traps for everything',
  'a proxy of a proxy'
]
const HEIRS = ['an heir', 'an heir of an heir', 'a proxy of an heir', 'an heir of a proxy']

// What the middleware gets in the place of a request, and what handlers get after it.
const before = weighted([10, pick(null)], [1, pick(...PROXIES)], [0.5, pick(...HEIRS)])
const after = weighted([10, pick(null)], [1, pick(...Object.keys(WRAPS))])

function wrapped(req, name) {
  if (name === null) return req
  const made = WRAPS[name](req)
  // Copies lack what is inherited, without which they are no requests. That `req.socket` counts where there
  // is no connection is a documented difference.
  made.connection ??= req.connection
  made.url ??= req.url
  return made
}

const isCopy = (name) => COPIES.includes(name)

const disturbance = weighted(
  [2, tagged('wrap', pick(...Object.keys(WRAPS)))],
  [1, tagged('printed as', pick('x', null))],
  [
    2,
    tagged(
      'raw headers',
      pick('copied', 'emptied', 'null', 'deleted', 'frozen', 'of another request')
    )
  ],
  [
    3,
    tagged(
      'clock',
      pick('text', 'Date', 'fraction', 'boxed', 'undefined', 'NaN', 'null', 'right', 'right')
    )
  ],
  [3, tagged('json', pick('passes on', 'wraps', 'blanks', 'revives', 'adds', 'right', 'right'))],
  [1, tagged('forget symbols')]
)

const RAW_HEADERS = {
  copied(req) {
    req.rawHeaders = [...req.rawHeaders]
  },
  emptied(req) {
    req.rawHeaders.length = 0
  },
  null(req) {
    req.rawHeaders = null
  },
  deleted(req) {
    delete req.rawHeaders
  },
  frozen(req) {
    Object.freeze(req.rawHeaders)
  },
  'of another request'(req) {
    req.rawHeaders = makeRequest({}).rawHeaders
  }
}

// None of these is earlier or later than the right one: when ours frees what has expired is a documented
// difference.
const CLOCKS = {
  text: (now) => () => String(now()),
  Date: (now) => () => new Date(now()),
  fraction: (now) => () => now() + 0.25,
  boxed: (now) => () => Object(now()),
  undefined: () => () => undefined,
  NaN: () => () => NaN,
  null: () => () => null,
  right: (now) => now
}
// By these nothing has ever expired.
const ENDLESS = new Set(['undefined', 'NaN', 'null'])

const { parse, stringify } = JSON

const isSession = (value) => typeof value === 'object' && value !== null && 'cookie' in value

const unwrapped = (text) => `${text}`.replace(/^x:/, '')

const CODECS = {
  'passes on': {
    stringify: (...args) => stringify(...args),
    parse: (...args) => parse(...args)
  },
  wraps: {
    // Others, such as morgan, need theirs.
    stringify: (value, ...args) => {
      const text = stringify(value, ...args)
      return text === undefined || !isSession(value) ? text : `x:${text}`
    },
    parse: (text, ...args) => parse(unwrapped(text), ...args)
  },
  blanks: { stringify: (value, replacer, space = 1) => stringify(value, replacer, space) },
  revives: {
    parse: (text) =>
      parse(text, (key, value) =>
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value
      )
  },
  adds: {
    stringify: (value, ...args) =>
      stringify(value?.user === undefined ? value : { ...value, added: 1 }, ...args)
  },
  right: {}
}

const DISTURBANCES = {
  wrap: (play, name) => play.wrap(name),
  'printed as': ({ req }, text) => {
    req[inspect.custom] = () => text
  },
  'raw headers': ({ req }, how) => RAW_HEADERS[how](req),
  clock: ({ globals }, kind) => globals.setClock(kind),
  json: ({ globals }, kind) => globals.setCodec(kind),
  'forget symbols': ({ req }) => {
    for (const symbol of Object.getOwnPropertySymbols(req)) {
      if (/inspect/.test(String(symbol))) delete req[symbol]
    }
  }
}

/** What is global and replaced in a scenario. It has to be restored when that is over. */
class Globals {
  #now = Date.now
  #isMemory
  /**
   * Whether there are texts that the right `JSON` cannot read. It makes a difference who finds out, as ours
   * does not look at sessions to count them, or when they have expired.
   */
  #hasWrapped = false

  constructor(isMemory) {
    this.#isMemory = isMemory
  }

  setClock(kind) {
    // Our store has freed what express-session's still holds.
    if (this.#isMemory && ENDLESS.has(kind)) kind = 'text'
    Date.now = CLOCKS[kind](this.#now)
  }

  /** @param {string} kind Of `CODECS`. */
  setCodec(kind) {
    if (kind === 'wraps') this.#hasWrapped = true
    const codec = { parse, stringify, ...CODECS[kind] }
    if (this.#hasWrapped) {
      const { parse: read } = codec
      codec.parse = (text, ...args) => read(unwrapped(text), ...args)
    }
    Object.assign(JSON, codec)
  }

  restore() {
    Date.now = this.#now
    Object.assign(JSON, { parse, stringify })
  }
}

module.exports = { DISTURBANCES, Globals, after, before, disturbance, isCopy, wrapped }
