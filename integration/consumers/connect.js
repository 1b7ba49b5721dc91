'use strict'

const assert = require('node:assert/strict')
const connect = require('connect')
const { cookiesOf, idIn, jsonOf, statusOf } = require('./seen')

function site({ sessions }) {
  const app = connect()
  // Connect takes the mount point away from `req.url`; the cookie's path is about the whole URL.
  app.use('/shop', sessions({ cookie: { path: '/shop', maxAge: 60_000 }, rolling: true }))
  app.use('/shop/basket', (req, res) => {
    req.session.basket = [...(req.session.basket ?? []), req.url]
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ url: req.url, basket: req.session.basket }))
  })
  app.use('/shop/empty', (req, res, next) => {
    req.session.destroy((error) => {
      if (error) return next(error)
      res.statusCode = 204
      res.end()
    })
  })
  app.use('/shop/fails', (req) => {
    req.session.basket.push('too late')
    throw new Error('on purpose')
  })
  app.use('/shop', (req, res) => res.end(JSON.stringify(req.session.basket ?? null)))
  app.use('/elsewhere', (req, res) => res.end(`has ${req.session ? 'a' : 'no'} session`))
  // An error handler is known by its four parameters.
  // oxlint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => {
    res.statusCode = 500
    res.end(error.message)
  })
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { visit } = stage.visitor(port)
  await visit('a look', '/shop')
  await visit('a thing', '/shop/basket/tea?cups=2')
  await visit('another thing', '/shop/basket/milk')
  await visit('a look with the session', '/shop?all=1')
  await visit('another part of the site', '/elsewhere')
  await visit('a page that is missing', '/missing')
  await visit('a failure', '/shop/fails')
  await visit('a look after the failure', '/shop/')
  await visit('an end', '/shop/empty')
  await visit('a look after the end', '/shop')
}

const expectations = {
  'mounted handlers share the session of their part of the site'(steps) {
    assert.deepEqual(jsonOf(steps['a thing']), { url: '/tea?cups=2', basket: ['/tea?cups=2'] })
    assert.deepEqual(jsonOf(steps['another thing']).basket, ['/tea?cups=2', '/milk'])
    assert.deepEqual(jsonOf(steps['a look with the session']), ['/tea?cups=2', '/milk'])
  },

  'the cookie is for that part alone and is renewed there'(steps) {
    assert.deepEqual(cookiesOf(steps['a look']), [])
    const id = idIn(steps['a thing'])
    assert.ok(id)
    for (const title of ['another thing', 'a look with the session', 'a failure']) {
      assert.equal(idIn(steps[title]), id)
      assert.match(cookiesOf(steps[title])[0], /; Path=\/shop; Expires=<in 1 min>; HttpOnly$/)
    }
    const { answer } = steps['another part of the site']
    assert.equal(answer.body, 'has no session')
    assert.deepEqual(cookiesOf({ answer }), [])
    assert.equal(statusOf(steps['a page that is missing']), 404)
  },

  'a failure is answered by the error handler and loses nothing'(steps) {
    assert.equal(statusOf(steps['a failure']), 500)
    assert.equal(steps['a failure'].answer.body, 'on purpose')
    assert.equal(jsonOf(steps['a look after the failure']).length, 3)
  },

  'a destroyed session is gone for the client and in the store'(steps) {
    assert.equal(Object.keys(steps['a look after the failure'].stored).length, 1)
    assert.equal(statusOf(steps['an end']), 204)
    assert.deepEqual(steps['an end'].stored, {})
    assert.equal(jsonOf(steps['a look after the end']), null)
  }
}

module.exports = { expectations, record }
