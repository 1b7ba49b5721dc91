'use strict'

require('reflect-metadata')
const assert = require('node:assert/strict')
const common = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')
const { cookiesOf, idIn, jsonOf, statusOf, valuesOf } = require('./seen')

const { Body, Controller, Get, HttpCode, Module, Post, Redirect, Req, Session, UseGuards } = common

class LoggedIn {
  canActivate(context) {
    return context.switchToHttp().getRequest().session.user !== undefined
  }
}

class Account {
  look(session, request) {
    return { id: request.sessionID, user: session.user, views: session.views }
  }

  async view(session) {
    session.views = (session.views ?? 0) + 1
    return { views: session.views }
  }

  async login(request, { user }) {
    await called(request.session, 'regenerate')
    request.session.user = user
  }

  secret(session) {
    return `of ${session.user}`
  }

  fail(session) {
    session.failed = true
    throw new common.BadRequestException('on purpose')
  }

  async logout(request) {
    await called(request.session, 'destroy')
  }
}

class Site {}

// What a transpiler makes of `@Get('view') view(@Session() session)`.
decorate('look', [Get()], [Session(), Req()])
decorate('view', [Get('view')], [Session()])
decorate('login', [Post('login'), Redirect('/account/secret', 303)], [Req(), Body()])
decorate('secret', [Get('secret'), UseGuards(LoggedIn)], [Session()])
decorate('fail', [Get('fail')], [Session()])
decorate('logout', [Post('logout'), HttpCode(204)], [Req()])
Reflect.decorate([Controller('account')], Account)
Reflect.decorate([Module({ controllers: [Account] })], Site)

function decorate(method, decorators, parameters) {
  const descriptor = Object.getOwnPropertyDescriptor(Account.prototype, method)
  Reflect.decorate(decorators, Account.prototype, method, descriptor)
  for (const [place, parameter] of parameters.entries()) {
    parameter(Account.prototype, method, place)
  }
}

function called(session, method) {
  return new Promise((resolve, reject) => {
    session[method]((error) => (error ? reject(error) : resolve()))
  })
}

async function record({ onClose, sessions, visitor }) {
  const app = await NestFactory.create(Site, { logger: false })
  app.use(sessions())
  await app.listen(0, '127.0.0.1')
  onClose(() => app.close())
  const { port } = app.getHttpServer().address()

  const { cookies, visit } = visitor(port)
  await visit('a look', '/account')
  await visit('a guarded page', '/account/secret')
  await visit('a view', '/account/view')
  await visit('another view', '/account/view')
  await visit('a failure', '/account/fail')
  const anonymous = new Map(cookies)
  const headers = { 'Content-Type': 'application/json' }
  const login = { method: 'POST', headers, body: JSON.stringify({ user: 'tobi é' }) }
  await visit('a login', '/account/login', login)
  await visit('the guarded page after the login', '/account/secret')
  await visitor(port, anonymous).visit('a look with the old cookie', '/account')
  const atLogout = new Map(cookies)
  await visit('a logout', '/account/logout', { method: 'POST' })
  await visitor(port, atLogout).visit('the guarded page after the logout', '/account/secret')
}

const expectations = {
  'controllers have the session as a parameter, and it is kept'(steps) {
    assert.deepEqual(cookiesOf(steps['a look']), [])
    assert.deepEqual(steps['a look'].stored, {})
    assert.deepEqual(jsonOf(steps['a view']), { views: 1 })
    assert.deepEqual(jsonOf(steps['another view']), { views: 2 })
  },

  'an exception is answered by its filter and loses nothing'(steps) {
    assert.equal(statusOf(steps['a failure']), 400)
    assert.equal(jsonOf(steps['a failure']).message, 'on purpose')
    assert.equal(steps['a failure'].stored[idIn(steps['a view'])].failed, true)
  },

  'a guard lets through those who have logged in'(steps) {
    assert.equal(statusOf(steps['a guarded page']), 403)
    assert.equal(statusOf(steps['a login']), 303)
    assert.deepEqual(valuesOf(steps['a login'], 'Location'), ['/account/secret'])
    assert.equal(steps['the guarded page after the login'].answer.body, 'of tobi é')
  },

  'a login replaces the session'(steps) {
    const [old, id] = [idIn(steps['a view']), idIn(steps['a login'])]
    assert.notEqual(id, old)
    assert.deepEqual(Object.keys(steps['a login'].stored), [id])
    const look = jsonOf(steps['a look with the old cookie'])
    assert.deepEqual([look.user, look.views], [undefined, undefined])
  },

  'a logout ends it'(steps) {
    assert.equal(statusOf(steps['a logout']), 204)
    assert.deepEqual(steps['a logout'].stored, {})
    assert.equal(statusOf(steps['the guarded page after the logout']), 403)
  }
}

module.exports = { expectations, record }
