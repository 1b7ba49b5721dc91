'use strict'

const { exchange } = require('./exchange')
const { plain } = require('./plain')
const { open, returning } = require('./site')

/** What an application can tell of a session. */
const shown = (session) => [session?.constructor?.name, plain(session), plain(session?.id)]

const OPTIONS = {
  'usual options': { saveUninitialized: false },
  'options that save every session': { saveUninitialized: true, resave: true },
  'a cookie that expires': {
    saveUninitialized: false,
    rolling: true,
    unset: 'destroy',
    cookie: { maxAge: 60_000 }
  }
}

/**
 * One request of a client without a session and one of a client with a session, with a MemoryStore.
 * `look` is the first to read the session.
 *
 * @param {object} session The provider.
 * @param {object} options Of its middleware.
 * @param {(req: object, res: object, log: object) => unknown} look
 * @param {(req: object) => object} [given] What the middleware gets in the place of the request; `look`
 *   gets it as `given` too.
 */
async function looksAt(session, options, look, given = (req) => req) {
  const recording = {}
  for (const [label, request] of Object.entries({ fresh: {}, known: returning() })) {
    const site = open(session, { memory: true, options })
    const { maxAge = null } = options.cookie ?? {}
    // By its method: what is put into `sessions` by hand is not kept unread.
    await new Promise((resolve) => {
      const cookie = new session.Cookie({ maxAge })
      site.store.set('known', { cookie, user: 'tobi', 1: 'one' }, resolve)
    })
    let made
    const middleware = (req, res, next) => {
      made = given(req)
      return site.middleware(made, res, next)
    }
    recording[label] = await exchange(middleware, {
      log: site.log,
      ...request,
      async handle(req, res, log) {
        try {
          log.add('look', await look(made, res, req, log))
        } catch (error) {
          log.add('look threw', error)
        }
        if (!res.writableEnded) res.end('body')
      }
    })
    recording[label].contents = site.contents()
  }
  return recording
}

module.exports = { OPTIONS, looksAt, shown }
