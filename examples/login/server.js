'use strict'

// oxlint-disable no-async-endpoint-handlers -- Express 5 hands a rejection to the error handler

/**
 * A small shop to try the session middleware with: `npm start`, or `node examples/login/server.js`
 * once the addon is built.
 */

const { randomBytes } = require('node:crypto')
const http = require('node:http')
const path = require('node:path')
const { promisify } = require('node:util')
const express = require('express')
const { renderPage } = require('./page')
const { LIFETIMES, PRODUCTS } = require('./shop')

const COOKIE_NAME = 'connect.sid'
const MAX_NAME_LENGTH = 40
const MAX_QUANTITY = 99

/**
 * Makes the example application, without listening.
 *
 * @param {object} [options]
 * @param {Function} [options.session] the session module, by default this package
 * @param {object} [options.store] the session store, by default the module's MemoryStore
 * @param {string | string[]} [options.secret] signs the cookie, by default random
 * @returns {import('express').Express}
 */
function createApp({
  session = require('../..'),
  store,
  secret = randomBytes(32).toString('hex')
} = {}) {
  const app = express()

  app.disable('x-powered-by')
  app.use(setSecurityHeaders)
  // Before the session middleware: files are the same for everybody and need no session.
  app.use('/assets', express.static(path.join(__dirname, 'public')))
  app.use(
    session({
      name: COOKIE_NAME,
      secret,
      store,
      resave: false,
      saveUninitialized: false,
      cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' }
    })
  )
  app.use(refuseForeignForms)
  app.use(express.urlencoded({ extended: false, limit: '10kb' }))

  app.get('/', showPage)
  app.post('/login', logIn)
  app.post('/logout', logOut)
  app.post('/remember', remember)
  app.post('/cart/add', (req, res) => changeCart(req, res, 1))
  app.post('/cart/remove', (req, res) => changeCart(req, res, -1))

  app.use((req, res) => res.status(404).type('text').send('There is no such page.\n'))
  app.use(answerError)
  return app
}

function setSecurityHeaders(req, res, next) {
  res.set({
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; " +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff'
  })
  next()
}

/**
 * The SameSite cookie keeps other sites from acting in a visitor's name. Two things are left: a
 * form on another site that logs the visitor in as somebody else (it needs no cookie), and another
 * port of the same host (which counts as the same site).
 */
function refuseForeignForms(req, res, next) {
  const from = req.get('Sec-Fetch-Site')
  if (req.method === 'POST' && (from === 'cross-site' || from === 'same-site')) {
    res.status(403).type('text').send('This form was sent from another site.\n')
    return
  }
  next()
}

function showPage(req, res) {
  if (req.session.user) req.session.visits += 1
  sendPage(req, res)
}

function sendPage(req, res, error) {
  // The middleware does this as well, but after the page is written: the page would show the
  // expiry of the request before.
  req.session.touch()
  res
    .set('Cache-Control', 'no-store')
    .type('html')
    .send(
      renderPage({
        cookieName: COOKIE_NAME,
        error,
        maxNameLength: MAX_NAME_LENGTH,
        session: req.session,
        sessionID: req.sessionID
      })
    )
}

async function logIn(req, res) {
  const { name: given, ...choice } = req.body ?? {}
  const name = typeof given === 'string' ? given.trim() : ''
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    res.status(400)
    sendPage(req, res, `Please enter a name of 1 to ${MAX_NAME_LENGTH} characters.`)
    return
  }
  await renewSession(req, { user: name, visits: 0, cart: req.session.cart ?? {} }, choice)
  res.redirect(303, '/')
}

async function remember(req, res) {
  const { user, visits, cart } = req.session
  if (user) await renewSession(req, { user, visits, cart }, req.body ?? {})
  res.redirect(303, '/')
}

/**
 * Goes on with `data` in a new session that has a new id.
 *
 * At login this is what stops session fixation: an id that somebody planted in the browser before
 * is worth nothing afterwards. "Remember me" needs it too, as the middleware sends the cookie again
 * for a new id but not when its expiry was merely taken away.
 */
async function renewSession(req, data, { remember: wanted, lifetime }) {
  await settle(req.session, 'regenerate')
  // From here on req.session is another object.
  Object.assign(req.session, data)
  if (wanted) req.session.cookie.maxAge = (LIFETIMES.get(lifetime) ?? LIFETIMES.get('hour')).ms
  await settle(req.session, 'save')
}

async function logOut(req, res) {
  const { path: cookiePath, httpOnly, sameSite, secure } = req.session.cookie
  await settle(req.session, 'destroy')
  // Destroying ends the session on the server only, the browser would keep its useless cookie.
  res.clearCookie(COOKIE_NAME, { path: cookiePath, httpOnly, sameSite, secure })
  res.redirect(303, '/')
}

async function changeCart(req, res, by) {
  const id = req.body?.item
  if (!PRODUCTS.has(id)) {
    res.status(400)
    sendPage(req, res, 'There is no such thing in this shop.')
    return
  }
  const { [id]: before = 0, ...others } = req.session.cart ?? {}
  const quantity = Math.min(before + by, MAX_QUANTITY)
  if (quantity !== before && quantity >= 0) {
    req.session.cart = quantity > 0 ? { ...others, [id]: quantity } : others
    // The browser follows a redirect at once, so the session has to be in the store by then.
    await settle(req.session, 'save')
  }
  res.redirect(303, '/')
}

/** Calls a session method that takes a callback, and waits for it. */
function settle(session, method) {
  return promisify(session[method]).call(session)
}

// oxlint-disable-next-line no-unused-vars -- Express knows an error handler by its four parameters
function answerError(error, req, res, next) {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500
  if (status === 500) console.error(error)
  if (res.headersSent) {
    res.destroy()
    return
  }
  const text = status === 500 ? 'Something went wrong here.' : 'This request was not understood.'
  res.status(status).type('text').send(`${text}\n`)
}

/** Starts the example for a person: on HOST and PORT, until Ctrl-C. */
function main() {
  // No password is asked, so other machines are kept out unless HOST says otherwise.
  const host = process.env.HOST || '127.0.0.1'
  const chosenPort = process.env.PORT || '3000'
  const secret = process.env.SESSION_SECRET || undefined
  const port = Number(chosenPort)
  if (!/^\d+$/.test(chosenPort) || port > 65535) {
    fail(`PORT has to be a number from 0 to 65535, not ${JSON.stringify(chosenPort)}`)
    return
  }

  const server = http.createServer(createApp({ secret }))
  server.once('error', (error) => fail(explain(error, host, port)))
  server.listen(port, host, () => {
    const note = secret ? '' : ' and SESSION_SECRET is not set, so a random one is used'
    console.log(`Sessions are kept in memory${note}: logins end when the server stops`)
    console.log(`Listening on http://localhost:${server.address().port}`)
  })

  const stop = () => {
    server.close()
    // A browser keeps its connections open for a while.
    server.closeAllConnections()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

function explain(error, host, port) {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} is already in use: stop the other program or choose a port with PORT=3001`
  }
  if (error.code === 'EACCES') {
    return `Port ${port} may not be used by this account: choose another one with PORT=3001`
  }
  return `Cannot listen on ${host}, port ${port}: ${error.message}`
}

function fail(message) {
  console.error(message)
  process.exitCode = 1
}

module.exports = { createApp, main }

if (require.main === module) main()
