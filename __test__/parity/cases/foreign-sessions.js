'use strict'

const { ORDERS, look, staged, who } = require('../stage')
const { cookieHeader } = require('../signature')

// Requests of two clients, `a` and `b`, that share something. Each has to see the session that it sees
// with express-session, and none may see that of the other client where express-session does not.

const SHARED = {
  'share one rawHeaders': () => [],
  'share frozen rawHeaders': () => Object.freeze([]),
  'share sealed rawHeaders': () => Object.seal([]),
  'share an object for rawHeaders': () => ({}),
  'share a proxy for rawHeaders': () => new Proxy([], {})
}

const sharing = Object.entries(SHARED).flatMap(([name, make]) =>
  Object.entries(ORDERS).flatMap(([order, read]) => [
    [
      `two requests ${name}, one after the other; ${order}`,
      async (stage) => {
        const rawHeaders = make()
        const [first, second] = ['a', 'b'].map((user) => stage.mock(user, { rawHeaders }))
        await stage.pass(first)
        await stage.pass(second)
        read(stage, first, second)
      }
    ],
    [
      `two requests ${name}, at the same time; ${order}`,
      async (stage) => {
        const rawHeaders = make()
        const [first, second] = ['a', 'b'].map((user) => stage.mock(user, { rawHeaders }))
        const responses = await Promise.all([stage.pass(first), stage.pass(second)])
        read(stage, first, second)
        await stage.end('a', responses[0])
        await stage.end('b', responses[1])
      }
    ],
    [
      `the first of two requests that ${name} is read and answered before the second comes; ${order}`,
      async (stage) => {
        const rawHeaders = make()
        const [first, second] = ['a', 'b'].map((user) => stage.mock(user, { rawHeaders }))
        const response = await stage.pass(first)
        stage.see('alone', who(first.session))
        await stage.end('a', response)
        await stage.pass(second)
        read(stage, first, second)
      }
    ]
  ])
)

const others = [
  [
    'a copy of a request with the other client’s cookie goes through the middleware',
    async (stage) => {
      const first = stage.request('a')
      await stage.pass(first)
      const second = { ...first, headers: { cookie: cookieHeader('b') } }
      await stage.pass(second)
      look(stage, first, second)
    }
  ],
  [
    'an heir of a request with the other client’s cookie goes through the middleware',
    async (stage) => {
      const first = stage.request('a')
      await stage.pass(first)
      const second = Object.create(first, { headers: { value: { cookie: cookieHeader('b') } } })
      await stage.pass(second)
      look(stage, first, second)
      second.session = null
      await stage.pass(second)
      look(stage, first, second)
    }
  ],
  [
    'heirs of one base request go through the middleware',
    async (stage) => {
      const base = stage.request('a')
      const heirs = ['a', 'b'].map((user) =>
        Object.create(base, { headers: { value: { cookie: cookieHeader(user) } } })
      )
      for (const heir of heirs) await stage.pass(heir)
      look(stage, ...heirs)
      stage.see('base', who(base.session))
    }
  ],
  [
    'heirs of a base request that has a session of its own go through the middleware',
    async (stage) => {
      const base = stage.request('a')
      const heir = Object.create(base, { headers: { value: { cookie: cookieHeader('b') } } })
      await stage.pass(heir)
      await stage.pass(base)
      look(stage, base, heir)
    }
  ],
  [
    'proxies of one request, each with a client’s headers, go through the middleware',
    async (stage) => {
      const base = stage.request('a')
      const proxies = ['a', 'b'].map((user) => {
        const own = { headers: { cookie: cookieHeader(user) } }
        return new Proxy(base, {
          get: (target, key) => (Object.hasOwn(own, key) ? own[key] : target[key]),
          set: (target, key, value) => {
            own[key] = value
            return true
          }
        })
      })
      for (const proxy of proxies) await stage.pass(proxy)
      stage.see('proxies', ...proxies.map((proxy) => who(proxy.session)), who(base.session))
    }
  ],
  [
    'two middlewares of one application have names of their own',
    async (stage) => {
      const cookie = `${cookieHeader('a')}; ${cookieHeader('b', { name: 'other' })}`
      const req = stage.request('a', cookie)
      const other = stage.another({ name: 'other' })
      await stage.pass(req, other)
      const response = await stage.pass(req)
      look(stage, req, req)
      await stage.end('b', response)
    }
  ],
  [
    'two middlewares of one application have paths of their own',
    async (stage) => {
      const cookie = `${cookieHeader('a')}; ${cookieHeader('b', { name: 'admin' })}`
      for (const url of ['/', '/admin', '/admin/x']) {
        const req = Object.assign(stage.request('a', cookie), { url })
        await stage.pass(req, stage.another({ name: 'admin', cookie: { path: '/admin' } }))
        const response = await stage.pass(req)
        look(stage, req, req)
        await stage.end(url, response)
      }
    }
  ],
  [
    'the rawHeaders of a request are another’s when it is wrapped',
    async (stage) => {
      const [first, second] = ['a', 'b'].map((user) => stage.request(user))
      await stage.pass(first)
      await stage.pass(second)
      const raw = first.rawHeaders
      first.rawHeaders = second.rawHeaders
      second.rawHeaders = raw
      look(stage, first, second)
    }
  ]
]

module.exports = [...sharing, ...others].map(([name, act]) => staged(name, act))
