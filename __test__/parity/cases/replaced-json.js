'use strict'

const assert = require('node:assert/strict')
const { during, methods, requests } = require('../disturbed')
const { reloaded } = require('../provider')

// Applications put another codec in the place of `JSON`, for good or for a while. What express-session
// does with it has to be done with it, and nothing may break that does not break there.

const { parse, stringify } = JSON

const isSession = (value) => typeof value === 'object' && value !== null && 'cookie' in value

const CODECS = {
  'wraps the text': {
    stringify: (...args) => `x:${stringify(...args)}`,
    parse: (text, ...args) => parse(`${text}`.replace(/^x:/, ''), ...args)
  },
  'wraps the text, and reads no other': {
    stringify: (...args) => `x:${stringify(...args)}`,
    parse(text, ...args) {
      if (!`${text}`.startsWith('x:')) throw new SyntaxError('no such text')
      return parse(text.slice(2), ...args)
    }
  },
  'prints with blanks': {
    stringify: (value, replacer, space = 2) => stringify(value, replacer, space)
  },
  'passes everything on': {
    stringify: (...args) => stringify(...args),
    parse: (...args) => parse(...args)
  },
  'passes everything on when it reads': { parse: (...args) => parse(...args) },
  'passes everything on when it writes': { stringify: (...args) => stringify(...args) },
  'is what it was, but bound': { stringify: stringify.bind(JSON), parse: parse.bind(JSON) },
  'is what it was, behind a proxy': {
    stringify: new Proxy(stringify, {}),
    parse: new Proxy(parse, {})
  },
  'sorts the keys': {
    stringify(value, replacer, space) {
      const keys = new Set()
      stringify(value, (key, inner) => {
        keys.add(key)
        return inner
      })
      return replacer ? stringify(value, replacer, space) : stringify(value, [...keys].toSorted())
    }
  },
  'writes dates in another form': {
    stringify: (value, replacer, space) =>
      stringify(
        value,
        function (key, inner) {
          if (this[key] instanceof Date) return { $date: this[key].getTime() }
          return typeof replacer === 'function' ? replacer.call(this, key, inner) : inner
        },
        space
      )
  },
  'revives dates': {
    parse: (text) =>
      parse(text, (key, value) =>
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value
      )
  },
  'adds something when it writes a session': {
    stringify: (value, ...args) =>
      stringify(isSession(value) ? { ...value, added: true } : value, ...args)
  },
  'adds something when it reads a session': {
    parse(...args) {
      const value = parse(...args)
      if (isSession(value)) value.read = true
      return value
    }
  },
  'leaves out the cookie': {
    stringify: (value, ...args) =>
      stringify(isSession(value) ? { ...value, cookie: undefined } : value, ...args)
  },
  'gives no text for the sessions of one user': {
    stringify: (value, ...args) => (value?.user === 'tobi' ? undefined : stringify(value, ...args))
  },
  'cannot write': {
    stringify() {
      throw new TypeError('nothing is written today')
    }
  },
  'cannot read': {
    parse() {
      throw new SyntaxError('nothing is read today')
    }
  }
}

const CHANGES = {
  'members of JSON': (codec) => () => {
    Object.assign(JSON, codec)
    return () => Object.assign(JSON, { parse, stringify })
  },
  'JSON itself': (codec) => () => {
    const before = JSON
    globalThis.JSON = { parse, stringify, ...codec }
    return () => {
      globalThis.JSON = before
    }
  }
}

const unchanged = () => () => {}

// How a scenario is played with a change.
const PLAYS = {
  'while methods are called': methods,
  'while requests are answered': requests,
  'when a store is filled, and while its methods are called': (session, { change, clock }) =>
    during(change, () => methods(session, { change: unchanged, clock })),
  'for requests one after the other': (session, { change, clock }) =>
    during(change, () => requests(session, { change: unchanged, clock })),
  'when the package is loaded, and while methods are called': (session, { change, clock }) =>
    during(change, () => methods(reloaded(session), { change: unchanged, clock })),
  'when the package is loaded, and for requests one after the other': (session, play) =>
    during(play.change, () => requests(reloaded(session), { ...play, change: unchanged }))
}

// With this one, no store can be filled.
const canPlay = (codec, what) => codec !== 'cannot write' || what.startsWith('while')

function testCase(codec, members, name, make) {
  return {
    name: `${name} may be replaced by a codec that ${codec}`,
    env: {},
    async run(session, { clock }) {
      const recording = {}
      for (const [what, play] of Object.entries(PLAYS)) {
        if (!canPlay(codec, what)) continue
        recording[what] = await play(session, { change: make(members), clock })
      }
      return recording
    },
    expect({ code, value }) {
      assert.equal(code, 0)
      assert.ok(Object.keys(value['while requests are answered']).length > 5)
    }
  }
}

module.exports = [
  ...Object.entries(CODECS).map(([codec, members]) =>
    testCase(codec, members, 'members of JSON', CHANGES['members of JSON'])
  ),
  // It makes no difference to a codec how it came there.
  testCase('wraps the text', CODECS['wraps the text'], 'JSON itself', CHANGES['JSON itself'])
]
