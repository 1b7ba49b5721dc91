'use strict'

const express = require('express')

/**
 * A small application with logins, for the tests of all runners.
 *
 * @param {Function} session The provider under test.
 * @param {object} [options] Of its middleware.
 */
function makeSite(session, options) {
  const app = express()
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, ...options }))
  app.get('/count', (req, res) => {
    req.session.views = (req.session.views ?? 0) + 1
    res.json({ views: req.session.views })
  })
  app.get('/login', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = 'tobi'
      res.json({ id: req.sessionID })
    })
  })
  app.get('/me', (req, res) => {
    res.json({ user: req.session.user ?? null, maxAge: req.session.cookie.originalMaxAge })
  })
  app.get('/logout', (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.json({})))
  })
  app.get('/plain', (req, res) => res.send('plain'))
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error)
    res.status(500).json({ name: error.name, message: error.message })
  })
  return app
}

module.exports = { makeSite }
