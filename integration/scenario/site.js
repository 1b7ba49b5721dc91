'use strict'

const express = require('express')
const session = require('express-session')

const HOUR = 3_600_000
const PROFILE = {
  name: 'Tobi é🙂',
  born: new Date(Date.UTC(2001, 1, 3)),
  roles: ['admin', null, { nested: true }],
  10: 'ten'
}

/**
 * The application that visitors see: it does to its sessions what applications do.
 *
 * @param {object} store
 * @param {object} options Of the middleware.
 * @param {object} hooks `onError` gets what the application's error handler gets; `interrupt` takes
 *   the store's server down.
 */
function site(store, options, { genid, interrupt, onError }) {
  const app = express()
  // A hash over times, and so never the same.
  app.set('etag', false)
  app.disable('x-powered-by')
  app.use(
    session({
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: HOUR },
      genid,
      store,
      ...options
    })
  )

  const shown = (req) => ({ id: req.sessionID, session: req.session })
  const look = (req, res) => res.json(shown(req))
  const waiting = []

  app.get('/look', look)
  app.get('/login', (req, res, next) =>
    req.session.regenerate((error) => {
      if (error) return next(error)
      Object.assign(req.session, { profile: PROFILE, visits: 0 })
      look(req, res)
    })
  )
  app.get('/visit', (req, res) => {
    req.session.visits++
    look(req, res)
  })
  app.get('/streamed', (req, res) => {
    req.session.visits++
    res.write('one ')
    res.write('two ')
    res.end('three')
  })
  app.get('/extend', (req, res) => {
    req.session.cookie.maxAge = 2 * HOUR
    look(req, res)
  })
  app.get('/until-closed', (req, res) => {
    req.session.cookie.expires = false
    req.session.untilClosed = true
    look(req, res)
  })
  app.get('/brief', (req, res) => {
    // Some stores count whole seconds.
    req.session.cookie.maxAge = 3000
    req.session.brief = true
    look(req, res)
  })
  app.get('/save', (req, res, next) => {
    req.session.saved = 'before the end'
    req.session.save((error) => (error ? next(error) : look(req, res)))
  })
  app.get('/reload', (req, res, next) => {
    req.session.forgotten = true
    req.session.reload((error) => (error ? next(error) : look(req, res)))
  })
  app.get('/unset', (req, res) => {
    req.session = null
    look(req, res)
  })
  app.get('/logout', (req, res, next) =>
    req.session.destroy((error) => (error ? next(error) : look(req, res)))
  )

  // All requests have read the session before the first one changes it, and they answer in turn.
  app.get('/together/:place', (req, res) => {
    waiting[req.params.place] = () => {
      req.session[`place${req.params.place}`] = true
      res.once('finish', () => waiting.shift()?.())
      look(req, res)
    }
    if (Object.keys(waiting).length === Number(req.query.of)) waiting.shift()()
  })

  // The session was read, but cannot be written any more.
  app.get('/interrupted', async (req, res) => {
    await interrupt()
    req.session.visits++
    look(req, res)
  })

  app.use((error, req, res, next) => {
    onError(error)
    if (res.headersSent) return next(error)
    res.status(500).send('failed')
  })
  return app
}

module.exports = { site }
