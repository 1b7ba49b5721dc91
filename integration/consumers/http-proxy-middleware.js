'use strict'

const assert = require('node:assert/strict')
const express = require('express')
const { createProxyMiddleware } = require('http-proxy-middleware')
const { form } = require('./form')
const { cookiesOf, idIn, jsonOf, statusOf, valuesOf } = require('./seen')

/** An application that trusts the proxy in front of it. */
function site({ sessions }) {
  const app = express()
  app.use(sessions({ proxy: true, cookie: { secure: 'auto', sameSite: 'lax' } }))
  app.use(express.urlencoded({ extended: false }))
  app.get('/count', (req, res) => {
    req.session.count = (req.session.count ?? 0) + 1
    res.cookie('theme', 'dark')
    res.write('{"count":')
    res.end(`${req.session.count}}`)
  })
  app.post('/login', (req, res, next) =>
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.body.user
      res.redirect(303, '/count')
    })
  )
  app.get('/', (req, res) => res.json(req.session))
  return app
}

/** Ends TLS, or so the application is told. */
function proxyTo(port) {
  return createProxyMiddleware({
    target: `http://127.0.0.1:${port}`,
    headers: { 'X-Forwarded-Proto': 'https' }
  })
}

/** Has sessions of its own, and lets only those through that it knows. */
function gateway({ sessions }, port) {
  const app = express()
  app.use(sessions({ name: 'gateway.sid', rolling: true }))
  app.get('/enter', (req, res) => {
    req.session.passes = 0
    res.send('welcome')
  })
  app.use('/inner', (req, res, next) => {
    if (req.session.passes === undefined) return res.status(401).send('not known')
    req.session.passes++
    next()
  })
  app.use('/inner', proxyTo(port))
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const proxied = stage.visitor(await stage.serve(express().use(proxyTo(port))))
  await proxied.visit('a look', '/')
  await proxied.visit('a count', '/count')
  await proxied.visit('another count', '/count')
  await proxied.visit('a login', '/login', form({ user: 'tobi é' }))
  await proxied.visit('a look after the login', '/')
  await stage.visitor(port).visit('a count without the proxy', '/count')

  const { visit } = stage.visitor(await stage.serve(gateway(stage, port)))
  await visit('a stranger at the gateway', '/inner/count')
  await visit('an entry at the gateway', '/enter')
  await visit('a count through the gateway', '/inner/count')
  await visit('another count through the gateway', '/inner/count')
  await visit('a login through the gateway', '/inner/login', form({ user: 'loki' }))
  await visit('a look through the gateway', '/inner/')
}

const expectations = {
  'a session is kept through the proxy'(steps) {
    assert.deepEqual(cookiesOf(steps['a look']), [])
    assert.equal(jsonOf(steps['a count']).count, 1)
    assert.equal(jsonOf(steps['another count']).count, 2)
    const id = idIn(steps['a login'])
    assert.notEqual(id, idIn(steps['a count']))
    assert.equal(jsonOf(steps['a look after the login']).user, 'tobi é')
    assert.deepEqual(Object.keys(steps['a look after the login'].stored), [id])
  },

  'the cookie is secure as the proxy says so'(steps) {
    const [theme, cookie] = valuesOf(steps['a count'], 'Set-Cookie')
    assert.match(theme, /^theme=dark/)
    assert.match(cookie, /^connect\.sid=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const [direct] = cookiesOf(steps['a count without the proxy'])
    assert.match(direct, /; Path=\/; HttpOnly; SameSite=Lax$/)
  },

  'a gateway adds the cookie of its session to those of the application'(steps) {
    assert.equal(statusOf(steps['a stranger at the gateway']), 401)
    const id = idIn(steps['an entry at the gateway'], 'gateway.sid')
    const count = steps['a count through the gateway']
    const names = valuesOf(count, 'Set-Cookie').map((cookie) => cookie.split('=')[0])
    assert.deepEqual(names.toSorted(), ['connect.sid', 'gateway.sid', 'theme'])
    assert.equal(idIn(count, 'gateway.sid'), id)
    assert.equal(jsonOf(steps['another count through the gateway']).count, 2)
    assert.equal(idIn(steps['a login through the gateway'], 'gateway.sid'), id)
    const look = steps['a look through the gateway']
    assert.equal(jsonOf(look).user, 'loki')
    assert.equal(look.stored[id].passes, 4)
  }
}

module.exports = { expectations, record }
