'use strict'

const assert = require('node:assert/strict')
const express = require('express')
const { Passport } = require('passport')
const { Strategy } = require('passport-local')
const { form } = require('./form')
const { idIn, jsonOf, statusOf, valuesOf } = require('./seen')

const USERS = new Map([['tobi', { name: 'tobi', password: 'ferret' }]])

function guard() {
  const passport = new Passport()
  passport.use(
    new Strategy((name, password, done) => {
      const user = USERS.get(name)
      if (user?.password === password) return done(null, user)
      done(null, false, { message: 'name or password is wrong' })
    })
  )
  passport.serializeUser((user, done) => done(null, user.name))
  passport.deserializeUser((name, done) => done(null, USERS.get(name) ?? false))
  return passport
}

function site({ sessions }) {
  const passport = guard()
  const app = express()
  app.use(sessions())
  app.use(express.urlencoded({ extended: false }))
  app.use(passport.session())

  app.get('/', (req, res) => {
    const { cart, messages } = req.session
    res.json({ id: req.sessionID, user: req.user?.name, cart, messages })
  })
  app.post('/cart', (req, res) => {
    req.session.cart = [...(req.session.cart ?? []), req.body.thing]
    res.redirect(303, '/')
  })
  app.get('/secret', (req, res) => {
    if (req.isAuthenticated()) return res.send('the secret')
    req.session.returnTo = req.originalUrl
    res.redirect('/')
  })
  app.post(
    '/login',
    passport.authenticate('local', {
      successRedirect: '/',
      failureRedirect: '/',
      failureMessage: true
    })
  )
  app.post(
    '/login/with-cart',
    passport.authenticate('local', {
      successReturnToOrRedirect: '/',
      failureRedirect: '/',
      keepSessionInfo: true
    })
  )
  const logout = (options) => (req, res, next) =>
    req.logout(options, (error) => (error ? next(error) : res.redirect('/')))
  app.post('/logout', logout({}))
  app.post('/logout/with-cart', logout({ keepSessionInfo: true }))
  return app
}

const RIGHT = form({ username: 'tobi', password: 'ferret' })
const WRONG = form({ username: 'tobi', password: 'stoat' })

async function record(stage) {
  const port = await stage.serve(site(stage))
  await fixation(stage, port)
  await keeping(stage, port)
}

/** An attacker has a victim log in with a session that the attacker knows. */
async function fixation({ visitor }, port) {
  const attacker = visitor(port)
  await attacker.visit('the attacker gets a session', '/cart', form({ thing: 'bait' }))
  const victim = visitor(port, attacker.cookies)
  await victim.visit('the victim has it', '/')
  await victim.visit('a wrong password', '/login', WRONG)
  await victim.visit('after the wrong password', '/')
  await victim.visit('a login', '/login', RIGHT)
  await victim.visit('the victim is logged in', '/')
  await victim.visit('the victim sees the secret', '/secret')
  await attacker.visit('the attacker looks', '/')
  await attacker.visit('the attacker wants the secret', '/secret')
  const atLogout = new Map(victim.cookies)
  await victim.visit('a logout', '/logout', { method: 'POST' })
  await victim.visit('the victim is logged out', '/')
  await visitor(port, atLogout).visit('the id from before the logout', '/')
}

/** A customer takes the cart along. */
async function keeping({ visitor }, port) {
  const { cookies, visit } = visitor(port)
  await visit('a cart', '/cart', form({ thing: 'tea' }))
  await visit('the secret has to wait', '/secret')
  const anonymous = new Map(cookies)
  await visit('a login with the cart', '/login/with-cart', RIGHT)
  await visit('the cart after the login', '/')
  await visitor(port, anonymous).visit('the id from before the login', '/')
  await visit('more in the cart', '/cart', form({ thing: 'milk' }))
  await visit('a logout with the cart', '/logout/with-cart', { method: 'POST' })
  await visit('the cart after the logout', '/')
}

const expectations = {
  'a wrong password leaves the session as it is, with a message'(steps) {
    const id = idIn(steps['the attacker gets a session'])
    assert.ok(id)
    assert.deepEqual(jsonOf(steps['the victim has it']), { id, cart: ['bait'] })
    assert.deepEqual(jsonOf(steps['after the wrong password']), {
      id,
      cart: ['bait'],
      messages: ['name or password is wrong']
    })
  },

  'a login replaces the session, so that nobody else knows its id'(steps) {
    const old = idIn(steps['the attacker gets a session'])
    const login = steps['a login']
    const id = idIn(login)
    assert.equal(statusOf(login), 302)
    assert.notEqual(id, old)
    assert.deepEqual(jsonOf(steps['the victim is logged in']), { id, user: 'tobi' })
    assert.equal(steps['the victim sees the secret'].answer.body, 'the secret')
    assert.ok(Object.hasOwn(steps['after the wrong password'].stored, old))
    assert.deepEqual(Object.keys(login.stored), [id])
  },

  'the old id gives neither the user nor the old session'(steps) {
    const { id, user, cart } = jsonOf(steps['the attacker looks'])
    assert.deepEqual([user, cart], [undefined, undefined])
    assert.notEqual(id, idIn(steps['a login']))
    assert.notEqual(id, idIn(steps['the attacker gets a session']))
    assert.equal(statusOf(steps['the attacker wants the secret']), 302)
  },

  'a logout ends the session, also for whoever still has its id'(steps) {
    const id = idIn(steps['a login'])
    assert.equal(steps['the victim sees the secret'].stored[id].passport.user, 'tobi')
    assert.equal(Object.hasOwn(steps['a logout'].stored, id), false)
    for (const title of ['the victim is logged out', 'the id from before the logout']) {
      const look = jsonOf(steps[title])
      assert.equal(look.user, undefined)
      assert.notEqual(look.id, id)
    }
  },

  'with keepSessionInfo the cart survives a login under a new id'(steps) {
    const old = idIn(steps['a cart'])
    const id = idIn(steps['a login with the cart'])
    assert.notEqual(id, old)
    const look = { id, user: 'tobi', cart: ['tea'] }
    assert.deepEqual(jsonOf(steps['the cart after the login']), look)
    assert.equal(jsonOf(steps['the id from before the login']).cart, undefined)
    assert.deepEqual(valuesOf(steps['a login with the cart'], 'Location'), ['/secret'])
  },

  'with keepSessionInfo the cart survives a logout, but the login does not'(steps) {
    const old = idIn(steps['a login with the cart'])
    const { id, user, cart } = jsonOf(steps['the cart after the logout'])
    assert.deepEqual([user, cart], [undefined, ['tea', 'milk']])
    assert.notEqual(id, old)
    assert.equal(Object.hasOwn(steps['a logout with the cart'].stored, old), false)
  }
}

module.exports = { expectations, record }
