'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { outcome } = require('../plain')
const { makeRequest, open, returning, storedSession } = require('../site')

// The cookie path, the url of the request, and whether there is a session.
const URLS = [
  ['/', '/', true],
  ['/', '', true],
  ['/', '/any?query#hash', true],
  ['/', '?only=query', true],
  ['/', '*', false],
  ['/', 'relative', false],
  ['/', 'http://host.example/abs', true],
  ['/', 'http://host.example', true],
  ['/', '//double.example/x', true],
  ['/', 'host.example:443', null],
  ['/', '/%', true],
  ['/', '/a b', true],
  ['/', '/é', true],
  ['/', '/\ud800', true],
  ['/', '/a\tb\n', true],
  ['/', undefined, null],
  ['/app', '/app', true],
  ['/app', '/app/', true],
  ['/app', '/app/x', true],
  ['/app', '/apple', true],
  ['/app', '/app?x', true],
  ['/app', '/APP', false],
  ['/app', '/ap', false],
  ['/app', '/', false],
  ['/app', '/x/app', false],
  ['/app', '/%61pp', false],
  ['/app', '/?/app', false],
  ['/app', 'http://host.example/app', true],
  ['/app', 'http://host.example/', false],
  ['/app', '//app', false],
  ['/app/', '/app', false],
  ['/app/', '/app/', true],
  ['/app?x', '/app?x', false],
  ['/a b', '/a b', false],
  ['/a%20b', '/a b', true],
  ['/é', '/é', null],
  ['app', '/app', false],
  ['', '/anything', true],
  [null, '/anything', true],
  [47, '/47', false],
  [['/app'], '/app', null]
]

const MOUNTED = [
  ['/app', '/x', '/app/x', true],
  ['/app', '/app/x', '/x', false],
  ['/app', '/x', undefined, false],
  ['/app', '/app', 7, true],
  ['/', '/x', '', true],
  ['/app', '/x', '/app?y', true],
  ['/app', '/x', 'http://h/app', true]
]

const handle = (req, res, log) => {
  log.add('session', typeof req.session, typeof req.sessionID, typeof req.sessionStore)
  res.end()
}

async function visit(session, path, prepare) {
  const site = open(session, {
    options: { cookie: { path } },
    store: { data: { known: storedSession({ views: 1 }) } }
  })
  return {
    fresh: await site.visit({ prepare, handle }),
    known: await site.visit(returning('known', { prepare, handle }))
  }
}

const seen = ({ log }) => log.find(([name]) => name === 'session')?.[1]

module.exports = [
  ...URLS.map(([path, url, within]) => ({
    name: `cookie path ${JSON.stringify(path)} and request url ${JSON.stringify(url)}`,
    run: (session) =>
      visit(session, path, (req) => {
        req.url = url
      }),
    expect({ fresh, known }) {
      if (within === null) return
      assert.equal(seen(fresh), within ? 'object' : 'undefined')
      assert.equal(seen(known), within ? 'object' : 'undefined')
    }
  })),
  ...MOUNTED.map(([path, url, originalUrl, within]) => ({
    name: `mounted: path ${path}, url ${url}, originalUrl ${originalUrl}`,
    run: (session) =>
      visit(session, path, (req) => {
        req.url = url
        req.originalUrl = originalUrl
      }),
    expect({ fresh }) {
      assert.equal(seen(fresh), within ? 'object' : 'undefined')
    }
  })),
  {
    name: 'a url that was parsed for its path is left on the request, for others that look for it',
    async run(session) {
      const recording = {}
      for (const path of ['/app']) {
        for (const properties of [{ url: '/app?x=1' }, { url: '/x', originalUrl: '/app/x' }]) {
          const site = open(session, { options: { cookie: { path } } })
          recording[`${path} ${properties.url}`] = await site.visit({
            prepare: (req) => Object.assign(req, properties),
            handle(req, res, log) {
              log.add('parsed', req._parsedUrl?.pathname, req._parsedOriginalUrl?.pathname)
              res.end()
            }
          })
        }
      }
      return recording
    },
    expect(recording) {
      const { log } = recording['/app /x']
      assert.deepEqual(log.find(([name]) => name === 'parsed')[2], '/app/x')
    }
  },
  {
    name: 'outside of the cookie’s path neither the request nor the response is touched',
    run: (session) =>
      open(session, { options: { cookie: { path: '/in' } } }).visit({
        url: '/out',
        handle(req, res, log) {
          log.add('own', Object.keys(req).includes('sessionStore'), 'sessionID' in req)
          log.add(
            'same',
            res.end === Object.getPrototypeOf(res).end,
            Object.hasOwn(res, 'writeHead')
          )
          res.end()
        }
      }),
    expect(recording) {
      assert.deepEqual(recording.log.slice(1), [
        ['own', false, false],
        ['same', true, false]
      ])
      assert.deepEqual(setCookies(recording), [])
    }
  },
  {
    name: 'a response is not asked for where there is nothing to do, and missing otherwise',
    run(session) {
      const { middleware } = open(session, { options: { cookie: { path: '/in' } } })
      const recording = {}
      for (const url of ['/in', '/out']) {
        const req = makeRequest({ url })
        let calls = 0
        for (const res of [undefined, null]) {
          recording[`${url} ${res}`] = outcome(() => middleware(req, res, () => calls++))
        }
        recording[url] = [calls, 'session' in req, 'sessionStore' in req]
      }
      return recording
    },
    expect(recording) {
      assert.deepEqual(recording['/out'], [2, false, false])
      assert.equal(recording['/in undefined'].threw.error, 'TypeError')
    }
  },
  {
    name: 'a session of an earlier middleware is left alone, whatever truthy value it is',
    async run(session) {
      const recording = {}
      for (const value of [{ user: 'x' }, true, 'text', 1, null, 0, false, '']) {
        recording[JSON.stringify(value)] = await open(session).visit({
          prepare(req) {
            req.session = value
          },
          handle(req, res, log) {
            log.add('session', req.session === value, typeof req.sessionStore)
            res.end()
          }
        })
      }
      return recording
    },
    expect(recording) {
      for (const [value, { log }] of Object.entries(recording)) {
        const kept = Boolean(JSON.parse(value))
        assert.deepEqual(log[1], ['session', kept, kept ? 'undefined' : 'object'], value)
      }
    }
  },
  {
    name: 'the same middleware twice on one request does its work once',
    async run(session) {
      const site = open(session)
      return site.visit({
        handle(req, res, log) {
          const before = req.session
          site.middleware(req, res, (...args) => {
            log.add('second next', args, req.session === before)
            res.end()
          })
        }
      })
    },
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.deepEqual(recording.log.find(([name]) => name === 'second next').slice(1), [[], true])
    }
  }
]
