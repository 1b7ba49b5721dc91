'use strict'

const compression = require('compression')
const cookieParser = require('cookie-parser')
const fc = require('fast-check')
const morgan = require('morgan')
const onHeaders = require('on-headers')
const { pick, weighted } = require('./values')

// Other middleware, before the session's or after it.

const NAMES = [
  'cookie-parser',
  'cookie-parser without secret',
  'header dropped',
  'morgan',
  'recorder',
  'hook',
  'hook that sets data',
  'hook that sets a cookie',
  'hook that drops the session'
]

const some = weighted([4, pick([])], [3, fc.array(pick(...NAMES), { minLength: 1, maxLength: 3 })])
const neighbours = fc.record(
  {
    before: some,
    after: some,
    // Deflating takes place in other threads, which costs time: rarely.
    compression: weighted([300, pick('none')], [1, pick('before', 'after')])
  },
  { noNullPrototype: true }
)

const hook = (name, action) => (play) => (req, res, next) => {
  onHeaders(res, () => {
    // A channel of its own: what fails here is tried again when the store has answered, and that takes
    // a turn of the event loop less with our memory store.
    play.journal.add('hook', play.label, name, res.getHeader('Set-Cookie'))
    action?.(req, res)
  })
  next()
}

const METHODS = ['writeHead', 'write', 'end']

const MAKERS = {
  'cookie-parser': (play) => parsing(play, cookieParser(['keyboard cat', 'old'])),
  'cookie-parser without secret': (play) => parsing(play, cookieParser()),
  'header dropped': () => (req, res, next) => {
    delete req.headers.cookie
    next()
  },
  morgan: (play) =>
    morgan(':method :url :status :res[set-cookie]', {
      stream: { write: (line) => play.journal.add('wire', play.label, 'morgan', line) }
    }),
  // How often the original methods are called, and with what.
  recorder: (play) => (req, res, next) => {
    for (const method of METHODS) {
      const original = res[method]
      res[method] = function (...args) {
        play.journal.add('inner', play.label, method, withoutCallback(args), this === res)
        return original.apply(this, args)
      }
    }
    next()
  },
  hook: hook('hook'),
  'hook that sets data': hook('hook', (req) => {
    if (req.session) req.session.fromHook = 1
  }),
  'hook that sets a cookie': hook('hook', (req, res) => res.setHeader('Set-Cookie', 'hook=1')),
  'hook that drops the session': hook('hook', (req) => {
    req.session = null
  }),
  compression: () => compression({ threshold: 0 })
}

// Whether the callback of `end` is passed on is a documented difference.
function withoutCallback(args) {
  return args.filter((arg) => arg !== undefined && typeof arg !== 'function')
}

function parsing(play, parser) {
  return (req, res, next) =>
    parser(req, res, (error) => {
      // A cookie that is an object is a documented difference.
      const own = req.cookies?.[play.cookieName]
      if (own && typeof own !== 'string') delete req.cookies[play.cookieName]
      next(error)
    })
}

// The whole stack that one request goes through.
function stack(play, middleware, { before, after, compression: compressed }) {
  const made = (names) => names.map((name) => MAKERS[name](play))
  return [
    ...(compressed === 'before' ? made(['compression']) : []),
    ...made(before),
    middleware,
    ...made(after),
    ...(compressed === 'after' ? made(['compression']) : [])
  ]
}

module.exports = { neighbours, stack }
