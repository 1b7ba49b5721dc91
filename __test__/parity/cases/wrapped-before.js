'use strict'

const assert = require('node:assert/strict')
const { original: parsedUrl } = require('parseurl')
const { OPTIONS, looksAt, shown } = require('../looks')
const { WRAPS } = require('../wraps')

// Requests that were wrapped before the session's middleware got them, as test tools, membranes and some
// frameworks do. What their traps are told is written down where an application can count on it.

/** Keeps what is assigned aside, and leaves the request as it is. */
function keepingAside(req, told) {
  const kept = new Map()
  return new Proxy(req, {
    get: (target, key, receiver) =>
      kept.has(key) ? kept.get(key) : Reflect.get(target, key, receiver),
    has: (target, key) => kept.has(key) || key in target,
    set(target, key, value) {
      told.push(['set', key])
      kept.set(key, value)
      return true
    },
    deleteProperty(target, key) {
      told.push(['delete', key])
      return kept.delete(key) || Reflect.deleteProperty(target, key)
    }
  })
}

/** Where nothing can be added, the package parseurl must have been there: see docs/differences.md. */
function parsed(req) {
  parsedUrl(req)
  return req
}

/** Its own properties are those of another object. */
function overlaying(req) {
  const own = {}
  return new Proxy(own, {
    get: (target, key) => (key in own ? own[key] : req[key]),
    has: (target, key) => key in own || key in req
  })
}

const MADE = {
  'a proxy that keeps values aside': keepingAside,
  'a proxy of an empty object': overlaying,
  'a proxy that tells of assignments': (req, told) =>
    new Proxy(req, {
      set(target, key, value, receiver) {
        told.push(['set', key, typeof value])
        return Reflect.set(target, key, value, receiver)
      }
    }),
  'a proxy that tells of assignments and assigns to its target': (req, told) =>
    new Proxy(req, {
      set(target, key, value) {
        told.push(['set', key, typeof value])
        target[key] = value
        return true
      }
    }),
  'a proxy that counts questions with in': (req, told) =>
    new Proxy(req, {
      has(target, key) {
        told.push(['has', key])
        return key in target
      }
    }),
  'a proxy that tells of definitions': (req, told) =>
    new Proxy(req, {
      defineProperty(target, key, descriptor) {
        told.push(['define', key, Object.keys(descriptor)])
        return Reflect.defineProperty(target, key, descriptor)
      }
    }),
  'a proxy that refuses definitions': (req, told) =>
    new Proxy(parsed(req), {
      defineProperty(target, key) {
        told.push(['define', key])
        return false
      }
    }),
  'a proxy that refuses the session alone': (req, told) =>
    new Proxy(req, {
      set(target, key, value, receiver) {
        told.push(['set', key])
        return key !== 'session' && Reflect.set(target, key, value, receiver)
      }
    }),
  'a proxy that drops the session': (req, told) =>
    new Proxy(req, {
      set(target, key, value, receiver) {
        told.push(['set', key])
        return key === 'session' || Reflect.set(target, key, value, receiver)
      }
    }),
  'a proxy that tells of deletions, lists and prototypes': (req, told) =>
    new Proxy(req, {
      deleteProperty(target, key) {
        told.push(['delete', key])
        return Reflect.deleteProperty(target, key)
      },
      isExtensible(target) {
        told.push(['extensible'])
        return Reflect.isExtensible(target)
      },
      ownKeys(target) {
        told.push(['keys'])
        return Reflect.ownKeys(target)
      },
      preventExtensions(target) {
        told.push(['prevent'])
        return Reflect.preventExtensions(target)
      },
      setPrototypeOf(target, prototype) {
        told.push(['prototype'])
        return Reflect.setPrototypeOf(target, prototype)
      }
    }),
  'an heir of a proxy that tells of assignments': (req, told) =>
    Object.create(
      new Proxy(req, {
        set(target, key, value, receiver) {
          told.push(['set', key])
          return Reflect.set(target, key, value, receiver)
        }
      })
    ),
  'an heir of a proxy that keeps values aside': (req, told) =>
    Object.create(keepingAside(req, told)),
  'a request whose prototype is a proxy': (req, told) => {
    const prototype = new Proxy(Object.getPrototypeOf(req), {
      has(target, key) {
        told.push(['has', key])
        return key in target
      },
      set(target, key, value, receiver) {
        told.push(['set', key])
        return Reflect.set(target, key, value, receiver)
      }
    })
    return Object.setPrototypeOf(req, prototype)
  },
  'a request whose prototype’s prototype is a proxy': (req, told) => {
    const prototype = Object.getPrototypeOf(req)
    const proxy = new Proxy(prototype, {
      set(target, key, value, receiver) {
        told.push(['set', key])
        return Reflect.set(target, key, value, receiver)
      }
    })
    return Object.setPrototypeOf(req, Object.create(proxy))
  },
  'a request that cannot be extended': (req) => Object.preventExtensions(parsed(req)),
  'a request that is sealed': (req) => Object.seal(parsed(req)),
  'a request that is frozen': (req) => Object.freeze(parsed(req)),
  'a sealed request that has the properties already': (req) =>
    Object.seal(Object.assign(parsed(req), { sessionStore: null, sessionID: null, session: null })),
  'a request that has a session of undefined': (req) => Object.assign(req, { session: undefined }),
  'a request that has a session of null': (req) => Object.assign(req, { session: null }),
  'a request that has a session already': (req) => Object.assign(req, { session: { mine: 1 } })
}

const GIVEN = {
  ...Object.fromEntries(
    Object.entries(WRAPS).map(([name, wrap]) => [`${name} of a request`, wrap])
  ),
  ...MADE
}

const LOOKS = {
  'nothing is done': () => null,
  'it is read': (given, req) => [shown(given.session), shown(req.session)],
  'the request’s is read before': (given, req) => [shown(req.session), shown(given.session)],
  'it is looked for': (given, req) => [
    'session' in given,
    Object.hasOwn(given, 'session'),
    'session' in req,
    Object.hasOwn(req, 'session')
  ],
  'something is put into it': (given, req) => {
    given.session.late = true
    return shown(req.session)
  },
  'it is assigned': (given, req) => {
    given.session = { mine: true }
    return [shown(given.session), shown(req.session)]
  },
  'it is unset': (given, req) => {
    given.session = null
    return [shown(given.session), shown(req.session), 'session' in given]
  },
  'the request’s is unset': (given, req) => {
    req.session = null
    return [shown(given.session), shown(req.session), 'session' in given]
  },
  'it is deleted': (given, req) => {
    const deleted = delete given.session
    return [deleted, shown(given.session), shown(req.session)]
  },
  'it is saved': async (given, req) => {
    given.session.saved = true
    await new Promise((resolve) => given.session.save(resolve))
    return [shown(given.session), shown(req.session)]
  },
  'it is reloaded': async (given, req) => {
    const error = await new Promise((resolve) => given.session.reload(resolve))
    return [error, shown(given.session), shown(req.session)]
  }
}

module.exports = Object.entries(GIVEN).map(([name, make]) => ({
  name: `the middleware treats ${name} like any request`,
  async run(session) {
    const recording = {}
    for (const [label, options] of Object.entries(OPTIONS)) {
      for (const [what, look] of Object.entries(LOOKS)) {
        const told = []
        const visit = await looksAt(
          session,
          options,
          (given, res, req) => look(given, req),
          (req) => make(req, told)
        )
        recording[`${what}, with ${label}`] = {
          ...visit,
          told: told.filter(isPromised).map(shownTrap)
        }
      }
    }
    return recording
  },
  expect(recording) {
    for (const { fresh, known } of Object.values(recording)) {
      assert.ok(fresh.log.length > 0 && known.log.length > 0)
    }
  }
}))

// What the package parseurl leaves behind is not: see docs/differences.md.
const isPromised = ([, key]) => key !== '_parsedUrl'
const shownTrap = ([trap, key, ...rest]) => [trap, String(key), ...rest]
