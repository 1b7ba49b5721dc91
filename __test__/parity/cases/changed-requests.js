'use strict'

const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const { makeRequest } = require('../exchange')
const { OPTIONS, looksAt, shown } = require('../looks')
const { COPIES, WRAPS } = require('../wraps')

// What applications do to a request after the session's middleware, before the session was read.
// It has to be there all the same, on the request and through whatever wraps it.

/** Puts back only what Node itself needs to end the response. */
function deleteSymbols(req) {
  const failed = []
  for (const symbol of Object.getOwnPropertySymbols(req)) {
    // Node's own are not all configurable in all versions.
    if (!Reflect.deleteProperty(req, symbol)) failed.push(symbol)
  }
  return failed.length
}

const CHANGES = {
  'nothing else': () => {},
  'inspect.custom answers a text': (req) => {
    req[inspect.custom] = () => 'x'
  },
  'inspect.custom throws': (req) => {
    req[inspect.custom] = () => {
      throw new Error('cannot be printed')
    }
  },
  'its symbols are deleted': (req) => deleteSymbols(req),
  'rawHeaders is another array': (req) => {
    req.rawHeaders = ['Host', 'localhost']
  },
  'rawHeaders is a copy': (req) => {
    req.rawHeaders = [...req.rawHeaders]
  },
  'rawHeaders is emptied': (req) => {
    req.rawHeaders.length = 0
  },
  'rawHeaders is null': (req) => {
    req.rawHeaders = null
  },
  'rawHeaders is deleted': (req) => {
    delete req.rawHeaders
  },
  'rawHeaders is frozen': (req) => {
    Object.freeze(req.rawHeaders)
  },
  'rawHeaders is that of another request': (req) => {
    req.rawHeaders = makeRequest({}).rawHeaders
  },
  'rawHeaders throws': (req) => {
    Object.defineProperty(req, 'rawHeaders', {
      configurable: true,
      get() {
        throw new Error('no raw headers')
      }
    })
  },
  'rawHeaders is a proxy': (req) => {
    req.rawHeaders = new Proxy(req.rawHeaders, {})
  },
  'it is given another prototype': (req) => {
    Object.setPrototypeOf(req, Object.create(Object.getPrototypeOf(req), { app: { value: 1 } }))
  },
  'it is given a proxy for a prototype': (req) => {
    Object.setPrototypeOf(req, new Proxy(Object.getPrototypeOf(req), {}))
  },
  'it cannot be extended': (req) => {
    Object.preventExtensions(req)
  },
  'it is sealed': (req) => {
    Object.seal(req)
  },
  'it is frozen': (req) => {
    Object.freeze(req)
  },
  'the id is another one': (req) => {
    req.sessionID = 'other'
  },
  'the id is deleted': (req) => {
    delete req.sessionID
  },
  'it has no store any more': (req) => {
    delete req.sessionStore
  },
  'it has another accessor for the session': (req) => {
    let { session } = req
    Object.defineProperty(req, 'session', {
      configurable: true,
      enumerable: true,
      get: () => session,
      set(value) {
        session = value
      }
    })
  }
}

const THROUGH = {
  'the request': (req) => req,
  ...Object.fromEntries(
    [
      'a plain proxy',
      'a proxy that knows no symbols',
      'a proxy that reads from its target',
      'an heir',
      'a spread',
      'a merge into an empty object',
      'a copy with all descriptors'
    ].map((name) => [name, WRAPS[name]])
  )
}

const LOOKS = {
  'nothing is done': () => null,
  'it is read': (wrap, req) => [shown(wrap.session), shown(req.session)],
  'the request’s is read before': (wrap, req) => [shown(req.session), shown(wrap.session)],
  'something is put into it': (wrap, req) => {
    wrap.session.late = true
    return shown(req.session)
  },
  'it is listed': (wrap) => [
    'session' in wrap,
    // Not what the package parseurl leaves behind: see docs/differences.md.
    Object.keys(wrap).filter((key) => key !== '_parsedUrl'),
    Object.entries(wrap).filter(([key]) => key.startsWith('session'))
  ],
  'it is assigned': (wrap, req) => {
    wrap.session = { mine: true }
    return [shown(wrap.session), shown(req.session)]
  },
  'it is unset': (wrap, req) => {
    wrap.session = null
    return [shown(wrap.session), shown(req.session), 'session' in wrap]
  },
  'it is deleted': (wrap, req) => {
    const deleted = delete wrap.session
    return [deleted, shown(wrap.session), shown(req.session)]
  },
  'it is regenerated': async (wrap, req) => {
    await new Promise((resolve) => wrap.session.regenerate(resolve))
    return [shown(wrap.session), shown(req.session)]
  },
  'it is printed': (wrap) => {
    // Whatever is printed: whether it can be is the question.
    inspect(wrap, { depth: 0, getters: true })
    return shown(wrap.session)
  }
}

// A frozen request can still be given another session, and a copy of a sealed one with its descriptors is
// not told apart from it; a copy sees what the request is assigned: see docs/differences.md. With
// express-session, to regenerate the session of a frozen request fails where it can't be caught.
const ASSIGN = new Set(['it is assigned', 'it is unset', 'it is regenerated'])

function isToldApart(change, through, look) {
  const isCopy = COPIES.includes(through)
  if (isCopy && look === 'it is regenerated') return true
  return ((isCopy && change === 'it is sealed') || change === 'it is frozen') && ASSIGN.has(look)
}

const ORDERS = {
  after: (change, wrap) => (req) => {
    change(req)
    return wrap(req)
  },
  before: (change, wrap) => (req) => {
    const wrapped = wrap(req)
    change(req)
    return wrapped
  }
}

module.exports = Object.entries(CHANGES).flatMap(([change, apply]) =>
  Object.entries(THROUGH).map(([through, wrap]) => ({
    name: `the session is there when ${change}, through ${through}`,
    async run(session) {
      const recording = {}
      for (const [label, options] of Object.entries(OPTIONS)) {
        for (const [order, make] of Object.entries(ORDERS)) {
          const wrapped = make(apply, wrap)
          for (const [name, look] of Object.entries(LOOKS)) {
            if (isToldApart(change, through, name)) continue
            recording[`${name}, wrapped ${order}, with ${label}`] = await looksAt(
              session,
              options,
              (req, res) => look(wrapped(req), req, res)
            )
          }
        }
      }
      return recording
    },
    expect(recording) {
      const { fresh, known } = recording['it is read, wrapped after, with usual options']
      for (const { log } of [fresh, known]) {
        assert.ok(log.some(([entry]) => entry.startsWith('look')))
      }
    }
  }))
)
