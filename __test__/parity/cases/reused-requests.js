'use strict'

const { ORDERS, look, staged, who } = require('../stage')
const { cookieHeader } = require('../signature')

// Requests that are used again, or are given what another request has. Each has to see the session that
// it sees with express-session.

const RESETS = {
  'nothing in between': () => {},
  'its session deleted': (req) => delete req.session,
  'its session unset': (req) => {
    req.session = null
  },
  'its session undefined': (req) => {
    req.session = undefined
  },
  'all that the middleware put there deleted': (req) => {
    for (const key of ['session', 'sessionID', 'sessionStore']) delete req[key]
  },
  'its session destroyed': (req) => new Promise((resolve) => req.session.destroy(resolve))
}

const reusing = Object.entries(RESETS).flatMap(([name, reset]) =>
  ['read', 'not read'].flatMap((isRead) => [
    [
      `a request is used again for another client, ${isRead} before, with ${name}`,
      async (stage) => {
        const req = stage.request('a')
        const response = await stage.pass(req)
        if (isRead === 'read') stage.see('a', who(req.session))
        await stage.end('a', response)
        await reset(req)
        req.headers = { cookie: cookieHeader('b') }
        const second = await stage.pass(req)
        look(stage, req, req)
        await stage.end('b', second)
      }
    ],
    [
      `a request is used again while the first use is under way, ${isRead} before, with ${name}`,
      async (stage) => {
        const req = stage.request('a')
        const response = await stage.pass(req)
        if (isRead === 'read') stage.see('a', who(req.session))
        await reset(req)
        req.headers = { cookie: cookieHeader('b') }
        const second = await stage.pass(req)
        look(stage, req, req)
        await stage.end('b', second)
        await stage.end('a', response)
      }
    ],
    [
      `a request goes through the same middleware twice, ${isRead} before, with ${name}`,
      async (stage) => {
        const req = stage.request('a')
        await stage.pass(req)
        if (isRead === 'read') stage.see('a', who(req.session))
        await reset(req)
        const second = await stage.pass(req)
        look(stage, req, req)
        await stage.end('a', second)
      }
    ],
    [
      `a request goes through a second middleware, ${isRead} before, with ${name}`,
      async (stage) => {
        const cookie = `${cookieHeader('a')}; ${cookieHeader('b', { name: 'other' })}`
        const req = stage.request('a', cookie)
        await stage.pass(req)
        if (isRead === 'read') stage.see('a', who(req.session))
        await reset(req)
        const second = await stage.pass(req, stage.another({ name: 'other' }))
        look(stage, req, req)
        await stage.end('b', second)
      }
    ]
  ])
)

// Not descriptors: see docs/differences.md.
const COPIES = {
  'all properties are assigned': (from, to) => {
    const { headers } = to
    Object.assign(to, from, { headers })
  },
  'rawHeaders are assigned': (from, to) => {
    to.rawHeaders = from.rawHeaders
  },
  'the session is assigned': (from, to) => {
    to.session = from.session
  },
  'the state of the stream is assigned': (from, to) => {
    to._readableState = from._readableState
  },
  'a prototype is made': (from, to) => {
    Object.setPrototypeOf(to, from)
  }
}

const KINDS = {
  'a request': (stage, user) => stage.request(user),
  'a mock': (stage, user) => stage.mock(user, { rawHeaders: [] }),
  'a mock with a stream’s state': (stage, user) =>
    stage.mock(user, { rawHeaders: [], _readableState: {} })
}

const WAYS = {
  'to one that has not been through its middleware': async (stage, [first, second], copy) => {
    await stage.pass(first)
    copy(first, second)
    return stage.pass(second)
  },
  'to one that has been through its middleware': async (stage, [first, second], copy) => {
    await stage.pass(first)
    const response = await stage.pass(second)
    copy(first, second)
    return response
  },
  'to one that has been read': async (stage, [first, second], copy) => {
    await stage.pass(first)
    const response = await stage.pass(second)
    stage.see('before', who(first.session), who(second.session))
    copy(first, second)
    return response
  },
  'to one that goes through no middleware': async (stage, [first, second], copy) => {
    await stage.pass(first)
    copy(first, second)
  }
}

// What leads from a wrapper to the session. A request that has another one's shows none through a wrapper,
// and never the other one's: see docs/differences.md.
const LEADS = {
  'a request': 'the state of the stream is assigned',
  'a mock': 'rawHeaders are assigned',
  'a mock with a stream’s state': 'the state of the stream is assigned'
}
const THROUGH_WRAPPERS = new Set(['by proxy'])

function withoutWrappers(stage) {
  stage.seen = stage.seen.filter(([label]) => !THROUGH_WRAPPERS.has(label))
}

const copying = Object.entries(KINDS).flatMap(([kind, make]) =>
  Object.entries(COPIES).flatMap(([what, copy]) =>
    Object.entries(WAYS).flatMap(([way, act]) =>
      Object.entries(ORDERS).map(([order, read]) => [
        `${what} from ${kind} ${way}; ${order}`,
        async (stage) => {
          const both = ['a', 'b'].map((user) => make(stage, user))
          const response = await act(stage, both, copy)
          read(stage, ...both)
          if (LEADS[kind] === what && response) withoutWrappers(stage)
          if (response) await stage.end('b', response)
        }
      ])
    )
  )
)

module.exports = [...reusing, ...copying].map(([name, act]) => staged(name, act))
