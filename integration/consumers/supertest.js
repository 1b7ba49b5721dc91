'use strict'

const assert = require('node:assert/strict')
const express = require('express')
const supertest = require('supertest')
const { form } = require('./form')

// How applications are tested: its agents keep cookies as browsers do, also secure ones.

function site(middleware) {
  const app = express()
  app.set('trust proxy', true)
  app.use(middleware)
  app.use(express.json())
  app.use(express.urlencoded({ extended: false }))
  app.get('/', (req, res) => res.json({ id: req.sessionID, user: req.session.user }))
  app.post('/login', (req, res, next) =>
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.body.user
      res.redirect(303, '/')
    })
  )
  app.post('/logout', (req, res, next) =>
    req.session.destroy((error) => (error ? next(error) : res.sendStatus(204)))
  )
  return app
}

async function record(stage) {
  const app = site(stage.sessions())
  const seen = async (title, test) => {
    const { body, headers, redirects, status } = await test
    const paths = redirects.map((url) => new URL(url).pathname)
    await stage.note(title, { status, cookies: headers['set-cookie'] ?? [], body, paths })
  }
  const [one, other] = [supertest.agent(app), supertest.agent(app)]
  await seen('a look', one.get('/').expect(200))
  await seen('a login', one.post('/login').send({ user: 'tobi' }).expect(303))
  await seen('a look after the login', one.get('/').expect('Content-Type', /json/))
  const login = other
    .post('/login')
    .redirects(1)
    .send(form({ user: 'loki é' }).body)
  await seen('a login that is followed', login.expect(200))
  await seen('a look of the first one', one.get('/'))
  await seen('a look without an agent', supertest(app).get('/'))
  await seen('a logout', one.post('/logout').expect(204))
  await seen('a look after the logout', one.get('/'))
  await seen('a look of the other one', other.get('/'))

  const secure = site(stage.sessions({ cookie: { secure: true } }))
  const agent = supertest.agent(secure).set('X-Forwarded-Proto', 'https')
  await seen('a secure login', agent.post('/login').send({ user: 'jane' }))
  // The agent itself speaks http, and keeps the cookie to itself.
  await seen('a look over http', agent.get('/'))
  await seen('a login over http', supertest(secure).post('/login').send({ user: 'jane' }))
}

const idIn = ({ cookies }) => /^connect\.sid=s%3A(\w+)\./.exec(cookies[0])[1]

const expectations = {
  'an agent has a session, also where it follows a redirect'(steps) {
    assert.deepEqual(steps['a look'].cookies, [])
    const id = idIn(steps['a login'])
    assert.notEqual(steps['a look'].body.id, id)
    assert.deepEqual(steps['a look after the login'].body, { id, user: 'tobi' })
    const { body, paths } = steps['a login that is followed']
    assert.deepEqual([body.user, paths], ['loki é', ['/']])
    assert.equal(steps['a login that is followed'].stored[body.id].user, 'loki é')
  },

  'agents do not share sessions, and without an agent there is none'(steps) {
    assert.equal(steps['a look of the first one'].body.user, 'tobi')
    assert.equal(steps['a look without an agent'].body.user, undefined)
  },

  'a logout ends the session of one agent alone'(steps) {
    const id = idIn(steps['a login'])
    assert.ok(Object.hasOwn(steps['a look of the first one'].stored, id))
    assert.equal(Object.hasOwn(steps['a logout'].stored, id), false)
    assert.equal(steps['a look after the logout'].body.user, undefined)
    assert.equal(steps['a look of the other one'].body.user, 'loki é')
  },

  'a secure cookie is set and used over https alone'(steps) {
    assert.match(steps['a secure login'].cookies[0], /; Path=\/; HttpOnly; Secure$/)
    assert.equal(steps['a look over http'].body.user, undefined)
    assert.deepEqual(steps['a login over http'].cookies, [])
  }
}

module.exports = { expectations, record }
