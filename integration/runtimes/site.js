'use strict'

const { once } = require('node:events')
const express = require('express')
const { browser } = require('../browser')

const HOUR = 3_600_000
const OPTIONS = { secret: 'keyboard cat', resave: false, saveUninitialized: false }

/**
 * Serves an application on a free port for as long as `use` runs.
 *
 * @param {Function} session express-session or this package
 * @param {object} given
 * @param {object} given.store
 * @param {object} [given.options] those of the middleware that are unlike the usual ones
 * @param {(site: { client: () => ReturnType<typeof browser>, ids: string[] }) => Promise<void>} use
 *   `client` gives a new visitor; `ids` are the ids of sessions so far, in their order
 */
async function serving(session, { store, options }, use) {
  const ids = []
  // Counted, so that two runs have the same ids, and with them the same signatures.
  const genid = () => {
    ids.push(`id${ids.length + 1}`)
    return ids.at(-1)
  }
  const app = application(session({ ...OPTIONS, genid, store, ...options }))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use({ client: () => browser(server.address().port), ids })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** What applications do with sessions, each at a path of its own. */
function application(middleware) {
  const app = express()
  app.disable('x-powered-by')
  app.use(middleware)

  const look = ({ session, sessionID }, res) => res.json({ id: sessionID, session })
  const answer = (req, res, next) => (error) => (error ? next(error) : look(req, res))

  app.get('/look', look)
  app.get('/login/:user', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.params.user
      req.session.visits = 0
      look(req, res)
    })
  })
  app.get('/visit', (req, res) => {
    req.session.visits += 1
    look(req, res)
  })
  app.get('/save', (req, res, next) => {
    req.session.saved = { name: 'Tobi é🙂', 10: null }
    req.session.save(answer(req, res, next))
  })
  app.get('/reload', (req, res, next) => {
    req.session.forgotten = true
    req.session.reload(answer(req, res, next))
  })
  app.get('/extend', (req, res) => {
    req.session.cookie.maxAge = 2 * HOUR
    look(req, res)
  })
  app.get('/streamed', (req, res) => {
    req.session.streamed = true
    res.write('one ')
    setImmediate(() => {
      res.write('two ')
      res.end('three')
    })
  })
  app.get('/large', (req, res) => {
    req.session.large = 'é'.repeat(500_000)
    res.send('x'.repeat(500_000))
  })
  app.get('/unset', (req, res) => {
    req.session = null
    res.json({ session: req.session })
  })
  app.get('/logout', (req, res, next) => req.session.destroy(answer(req, res, next)))
  app.use((error, req, res, next) => {
    if (res.headersSent) next(error)
    else res.status(500).json({ error: error.message })
  })
  return app
}

module.exports = { HOUR, OPTIONS, serving }
