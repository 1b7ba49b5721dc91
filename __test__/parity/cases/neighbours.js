'use strict'

const assert = require('node:assert/strict')
const compression = require('compression')
const cookieParser = require('cookie-parser')
const express = require('express')
const flash = require('connect-flash')
const morgan = require('morgan')
const onHeaders = require('on-headers')
const { Passport } = require('passport')
const { Strategy } = require('passport-local')
const { headerValues, setCookies } = require('../exchange')
const { SECRET } = require('../signature')
const { countingIds } = require('../site')
const { browsing } = require('../wire')

const own = (session, options) =>
  session({
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    genid: countingIds(),
    ...options
  })

function count(req, res) {
  req.session.views = (req.session.views ?? 0) + 1
  res.send(`views ${req.session.views} ${'long enough to be compressed '.repeat(100)}`)
}

const ORDERS = {
  before: (neighbour, middleware) => [neighbour, middleware],
  after: (neighbour, middleware) => [middleware, neighbour]
}

function ordered(order, neighbour, middleware, handle = count) {
  const app = express()
  for (const use of ORDERS[order](neighbour, middleware)) app.use(use)
  app.use(handle)
  return app
}

// Compressed bytes may differ by the writes they came in; what matters is that they arrive whole.
function withoutBody({ raw, head }) {
  return { head, ended: raw.endsWith('0\r\n\r\n') || raw.endsWith('\r\n\r\n') }
}

function loginApp(session, options) {
  const passport = new Passport()
  passport.use(
    new Strategy((username, password, done) =>
      done(null, password === 'right' ? { name: username } : false)
    )
  )
  passport.serializeUser((user, done) => done(null, user.name))
  passport.deserializeUser((name, done) => done(null, { name }))
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.use(own(session, options))
  app.use(passport.initialize())
  app.use(passport.session())
  app.post('/login', passport.authenticate('local'), (req, res) => res.send(`in ${req.sessionID}`))
  app.post('/logout', (req, res, next) =>
    req.logout((error) => (error ? next(error) : res.send(`out ${req.sessionID}`)))
  )
  app.use((req, res) => res.json([req.user ?? null, req.session, req.isAuthenticated()]))
  return app
}

const form = (url, body) => ({
  method: 'POST',
  url,
  body,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' }
})

module.exports = [
  ...Object.keys(ORDERS).flatMap((order) => [
    {
      name: `compression ${order} the session compresses and sends the cookie`,
      async run(session) {
        const app = ordered(order, compression(), own(session))
        const request = { headers: { 'Accept-Encoding': 'gzip' } }
        return (await browsing(app, [request, request, {}])).map(withoutBody)
      },
      expect([first, second, plain]) {
        assert.deepEqual(headerValues(first.head, 'content-encoding'), ['gzip'])
        assert.equal(setCookies(first).length, 1)
        assert.equal(setCookies(second).length, 0)
        assert.deepEqual(headerValues(plain.head, 'content-encoding'), [])
      }
    },
    {
      name: `morgan ${order} the session logs status, length and own tokens`,
      async run(session) {
        const lines = []
        const logger = morgan(':method :url :status :res[content-length] :res[set-cookie]', {
          stream: { write: (line) => lines.push(line) }
        })
        const answers = await browsing(ordered(order, logger, own(session)), [{}, { url: '/b' }])
        return { answers, lines }
      },
      expect({ lines }) {
        assert.match(lines[0], /^GET \/ 200 \d+ connect\.sid=/)
        assert.match(lines[1], /^GET \/b 200 \d+ -$/m)
      }
    },
    {
      name: `cookie-parser ${order} the session, with the same secret and with another`,
      async run(session) {
        const recording = []
        for (const secret of [SECRET, 'other', undefined]) {
          const handle = (req, res) => {
            req.session.views = (req.session.views ?? 0) + 1
            res.cookie('plain', 'p')
            res.json([req.session, req.cookies, req.signedCookies])
          }
          const app = ordered(order, cookieParser(secret), own(session), handle)
          recording.push(await browsing(app, [{}, {}, {}]))
        }
        return recording
      },
      expect(recording) {
        for (const answers of recording) assert.ok(answers[2].raw.includes('"views":3'))
      }
    },
    {
      name: `on-headers listeners ${order} the session run once, in reverse order`,
      async run(session) {
        const seen = []
        const listening = (req, res, next) => {
          onHeaders(res, function () {
            seen.push([this === res, [this.getHeader('set-cookie') ?? []].flat().length])
            this.setHeader('X-Seen', 'yes')
          })
          next()
        }
        return { answers: await browsing(ordered(order, listening, own(session)), [{}]), seen }
      },
      expect({ seen, answers }) {
        assert.deepEqual(seen, [[true, order === 'before' ? 1 : 0]])
        assert.deepEqual(headerValues(answers[0].head, 'x-seen'), ['yes'])
      }
    }
  ]),
  {
    name: 'cookie-parser’s secret serves a session without one',
    run(session) {
      const middleware = own(session, { secret: undefined })
      return browsing(ordered('before', cookieParser(SECRET), middleware), [{}, {}])
    },
    expect([, second]) {
      assert.ok(second.raw.includes('views 2'))
    }
  },
  {
    name: 'connect-flash keeps its messages in the session until they are read',
    run(session) {
      const handle = (req, res) => {
        if (req.url === '/set') req.flash('info', 'hello')
        res.json(req.url === '/read' ? req.flash('info') : Object.keys(req.session))
      }
      const app = ordered('after', flash(), own(session), handle)
      return browsing(app, [{ url: '/set' }, { url: '/set' }, { url: '/read' }, { url: '/read' }])
    },
    expect([, , read, again]) {
      assert.ok(read.raw.endsWith('["hello","hello"]'))
      assert.ok(again.raw.endsWith('[]'))
    }
  },
  ...[
    {},
    { rolling: true, cookie: { maxAge: 60_000 } },
    { resave: true, saveUninitialized: true }
  ].map((options) => ({
    name: `logging in and out with passport: ${JSON.stringify(options)}`,
    run: (session) =>
      browsing(loginApp(session, options), [
        { url: '/' },
        form('/login', 'username=tobi&password=wrong'),
        form('/login', 'username=tobi&password=right'),
        { url: '/' },
        form('/login', 'username=loki&password=right'),
        { url: '/' },
        form('/logout', 'x=1'),
        { url: '/' }
      ]),
    expect(answers) {
      assert.match(answers[1].raw, /^HTTP\/1\.1 401/)
      assert.ok(answers[3].raw.includes('{"name":"tobi"}'))
      assert.ok(answers[5].raw.includes('{"name":"loki"}'))
      assert.ok(answers[7].raw.includes('[null,'))
    }
  }))
]
