'use strict'

const assert = require('node:assert/strict')
const { OPTIONS, looksAt, shown } = require('../looks')
const { plain } = require('../plain')
const { mergeDescriptors } = require('../wraps')

// Requests that are not Node's own: mocks of test tools, and objects with an accessor for the session.

const bare = ({ headers }) => ({ method: 'GET', url: '/', headers })

/** A request with a class of its own that has an accessor for the session. */
function classed(req, accessor, told) {
  class Adapter {
    constructor() {
      Object.assign(this, bare(req), { rawHeaders: [] })
    }
  }
  Object.defineProperty(Adapter.prototype, 'session', accessorTelling(accessor, told))
  return new Adapter()
}

function accessorTelling(members, told) {
  let session
  const all = {
    get() {
      return session
    },
    set(value) {
      told.push(shown(value))
      session = value
    }
  }
  const accessor = { configurable: true, enumerable: true }
  for (const member of members) accessor[member] = all[member]
  return accessor
}

const MOCKS = {
  'no rawHeaders': bare,
  'rawHeaders of null': (req) => ({ ...bare(req), rawHeaders: null }),
  'rawHeaders of undefined': (req) => ({ ...bare(req), rawHeaders: undefined }),
  'rawHeaders that are a text': (req) => ({ ...bare(req), rawHeaders: 'Host: localhost' }),
  'rawHeaders that are an object': (req) => ({ ...bare(req), rawHeaders: { Host: 'localhost' } }),
  'rawHeaders that are a function': (req) => ({ ...bare(req), rawHeaders() {} }),
  'rawHeaders that are a proxy': (req) => ({ ...bare(req), rawHeaders: new Proxy([], {}) }),
  'rawHeaders that are the request': (req) => {
    const mock = bare(req)
    mock.rawHeaders = mock
    return mock
  },
  'rawHeaders of its own': (req) => ({ ...bare(req), rawHeaders: [] }),
  'frozen rawHeaders': (req) => ({ ...bare(req), rawHeaders: Object.freeze([]) }),
  'inherited rawHeaders': (req) => Object.assign(Object.create({ rawHeaders: [] }), bare(req)),
  'rawHeaders by a getter': (req) => ({
    ...bare(req),
    get rawHeaders() {
      return []
    }
  }),
  'inherited rawHeaders by a getter': (req) =>
    Object.assign(
      Object.create({
        get rawHeaders() {
          return []
        }
      }),
      bare(req)
    ),
  'rawHeaders that throw': (req) => ({
    ...bare(req),
    get rawHeaders() {
      throw new Error('no raw headers')
    }
  }),
  'rawHeaders that throw, inherited': (req) =>
    Object.assign(
      Object.create({
        get rawHeaders() {
          throw new Error('no raw headers')
        }
      }),
      bare(req)
    ),
  'rawHeaders that are not listed': (req) =>
    Object.defineProperty(bare(req), 'rawHeaders', { value: [], configurable: true }),
  'no prototype': (req) => Object.assign(Object.create(null), bare(req), { rawHeaders: [] }),
  'an array for a prototype': (req) => Object.assign([], bare(req), { rawHeaders: [] }),
  'a function’s shape': (req) => Object.assign(() => {}, bare(req), { rawHeaders: [] }),
  'an own session getter': (req, told) =>
    Object.defineProperty(bare(req), 'session', accessorTelling(['get'], told)),
  'an own session setter': (req, told) =>
    Object.defineProperty(bare(req), 'session', accessorTelling(['set'], told)),
  'an own session accessor': (req, told) =>
    Object.defineProperty(bare(req), 'session', accessorTelling(['get', 'set'], told)),
  'an own session accessor and rawHeaders': (req, told) =>
    Object.defineProperty(
      { ...bare(req), rawHeaders: [] },
      'session',
      accessorTelling(['get', 'set'], told)
    ),
  'a session that cannot be written': (req) =>
    Object.defineProperty({ ...bare(req), rawHeaders: [] }, 'session', {
      value: undefined,
      configurable: true
    }),
  'a session that is inherited': (req) =>
    Object.assign(Object.create({ session: null }), bare(req), { rawHeaders: [] }),
  'a session that is inherited and cannot be written': (req) =>
    Object.assign(Object.create(Object.freeze({ session: null })), bare(req), { rawHeaders: [] }),
  'a session getter in its class': (req, told) => classed(req, ['get'], told),
  'a session setter in its class': (req, told) => classed(req, ['set'], told),
  'a session accessor in its class': (req, told) => classed(req, ['get', 'set'], told)
}

const keysOf = (given) => Reflect.ownKeys(given).map((key) => String(key))
const withoutParsed = (keys) => keys.filter((key) => key !== '_parsedUrl')

const LOOKS = {
  'nothing is done': () => null,
  'it is read': (given) => [shown(given.session), given.session === given.session],
  'it is looked at': (given) => [
    'session' in given,
    Object.hasOwn(given, 'session'),
    withoutParsed(Object.keys(given)),
    withoutParsed(keysOf(given)),
    Object.getOwnPropertySymbols(given).length
  ],
  'it is compared': (given) => {
    const { _parsedUrl, ...rest } = given
    const { sessionID, session, ...others } = rest
    assert.deepStrictEqual({ ...others, sessionID, session }, rest)
    return Object.entries(rest).map(([key, value]) =>
      key === 'sessionStore' || value === given ? key : [key, plain(value)]
    )
  },
  'it is JSON': (given) => JSON.stringify(given.session),
  'something is put into it': (given) => {
    given.session.late = true
    return shown(given.session)
  },
  'it is assigned': (given) => {
    given.session = { mine: true }
    return shown(given.session)
  },
  'it is unset': (given) => {
    given.session = null
    return [shown(given.session), 'session' in given]
  },
  'it is deleted': (given) => [delete given.session, shown(given.session), 'session' in given],
  'it is saved': async (given) => {
    given.session.saved = true
    await new Promise((resolve) => given.session.save(resolve))
    return shown(given.session)
  },
  'it is read through a merge that has another id': (given) => {
    const copy = mergeDescriptors({}, given)
    copy.sessionID = 'other'
    return shown(copy.session)
  },
  'it is read through a proxy that has another id': (given) => {
    const proxy = new Proxy(given, {
      get: (target, key, receiver) =>
        key === 'sessionID' ? 'other' : Reflect.get(target, key, receiver)
    })
    return shown(proxy.session)
  },
  'it is read through a proxy and an heir': (given) => [
    shown(new Proxy(given, {}).session),
    shown(Object.create(given).session),
    shown({ ...given }.session)
  ]
}

module.exports = Object.entries(MOCKS).map(([name, make]) => ({
  name: `a request with ${name} gets its session`,
  async run(session) {
    const recording = {}
    for (const [label, options] of Object.entries(OPTIONS)) {
      for (const [what, look] of Object.entries(LOOKS)) {
        const told = []
        const visit = await looksAt(session, options, look, (req) => make(req, told))
        recording[`${what}, with ${label}`] = { ...visit, told }
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
