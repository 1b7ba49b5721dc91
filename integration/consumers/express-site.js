'use strict'

const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Readable } = require('node:stream')
const { form } = require('./form')
const { cookiesOf, idIn, jsonOf, statusOf, valuesOf } = require('./seen')

// What both versions of Express are tried with.

/**
 * @param {Function} express
 * @param {object} stage
 * @param {Function} fail A handler that fails in the way in which this version lets handlers fail.
 */
function site(express, { sessions }, fail) {
  const app = express()
  app.set('trust proxy', true)
  // Those of the administration are others, and are there first.
  app.use('/admin', sessions({ name: 'admin.sid', cookie: { path: '/admin', secure: 'auto' } }))
  app.use(sessions())
  app.use(express.urlencoded({ extended: false }))

  const count = (req, res, next) => {
    req.session.views = (req.session.views ?? 0) + 1
    next()
  }
  app.get('/', (req, res) => res.json({ id: req.sessionID, views: req.session.views }))
  app.get('/count', count, (req, res) => res.json({ views: req.session.views }))
  app.get('/streamed', count, (req, res) => Readable.from(['one ', 'two ', 'three']).pipe(res))
  app.use('/static', count, express.static(__dirname, { etag: false, lastModified: false }))
  app.get('/fails', count, fail)
  app.post('/login', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = req.body.name
      res.cookie('theme', 'dark')
      res.redirect(303, '/account/name')
    })
  })
  app.post('/logout', (req, res, next) => {
    req.session.destroy((error) => {
      if (error) return next(error)
      res.clearCookie('connect.sid')
      res.sendStatus(204)
    })
  })

  const account = express.Router()
  account.use((req, res, next) => (req.session.user ? next() : res.status(401).send('who?')))
  account.get('/name', (req, res) => res.send(`you are ${req.session.user}`))
  app.use('/account', account)

  const admin = express()
  admin.get('/count', count, (req, res) => res.json({ views: req.session.views }))
  app.use('/admin', admin)

  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error)
    res.status(500).send(error.message)
  })
  return app
}

async function visits({ serve, visitor }, app) {
  const port = await serve(app)
  const { cookies, visit } = visitor(port)
  await visit('a look', '/')
  await visit('an account without a login', '/account/name')
  await visit('the first view', '/count')
  const anonymous = new Map(cookies)
  await visit('the second view', '/count')
  const { headers } = await visit('a look with the session', '/')
  const [etag] = valuesOf({ answer: { headers } }, 'ETag')
  await visit('a look with what is known', '/', { headers: { 'If-None-Match': etag } })
  await visit('a look at the headers', '/', { method: 'HEAD' })
  await visit('a file', '/static/form.js')
  await visit('a stream', '/streamed')
  await visit('a failure', '/fails')
  await visit('a look after the failure', '/')
  await visit('a login', '/login', form({ name: 'Tobi é' }))
  await visit('the account', '/account/name')
  await visitor(port, anonymous).visit('a look with the old cookie', '/')
  await visit('the administration', '/admin/count')
  const overHttps = { headers: { 'X-Forwarded-Proto': 'https' } }
  await visit('the administration again', '/admin/count', overHttps)
  await visitor(port).visit('the administration over https', '/admin/count', overHttps)
  const atLogout = new Map(cookies)
  await visit('a logout', '/logout', { method: 'POST' })
  await visitor(port, atLogout).visit('the account after the logout', '/account/name')
}

const expectations = {
  'a look alone makes no session'(steps) {
    assert.deepEqual(cookiesOf(steps['a look']), [])
    assert.deepEqual(steps['a look'].stored, {})
    assert.equal(statusOf(steps['an account without a login']), 401)
  },

  'views are counted in one session, whose cookie is sent when it changes'(steps) {
    const first = steps['the first view']
    const id = idIn(first)
    assert.ok(id)
    assert.equal(jsonOf(first).views, 1)
    assert.equal(jsonOf(steps['the second view']).views, 2)
    assert.equal(idIn(steps['the second view']), id)
    assert.deepEqual(cookiesOf(steps['a look with the session']), [])
    assert.deepEqual(jsonOf(steps['a look with the session']), { id, views: 2 })
  },

  'answers without a body are as they are without sessions'(steps) {
    for (const [title, status] of [
      ['a look with what is known', 304],
      ['a look at the headers', 200]
    ]) {
      assert.deepEqual([statusOf(steps[title]), steps[title].answer.body], [status, ''])
      assert.deepEqual(cookiesOf(steps[title]), [])
    }
  },

  'a file and a stream arrive whole, and what was counted for them is saved'(steps) {
    const file = readFileSync(join(__dirname, 'form.js'), 'utf8')
    assert.equal(steps['a file'].answer.body, file)
    assert.equal(steps['a stream'].answer.body, 'one two three')
    assert.equal(steps['a stream'].stored[idIn(steps['the first view'])].views, 4)
  },

  'a failure is answered by the error handler and loses nothing'(steps) {
    const { answer } = steps['a failure']
    assert.deepEqual([answer.status, answer.body], [500, 'on purpose'])
    assert.equal(jsonOf(steps['a look after the failure']).views, 5)
  },

  'a login sets a new session cookie next to another one'(steps) {
    const login = steps['a login']
    assert.equal(statusOf(login), 303)
    const names = valuesOf(login, 'Set-Cookie').map((cookie) => cookie.split('=')[0])
    assert.deepEqual(names.toSorted(), ['connect.sid', 'theme'])
    const [old, id] = [idIn(steps['the first view']), idIn(login)]
    assert.notEqual(id, old)
    assert.equal(login.stored[id].user, 'Tobi é')
    assert.equal(Object.hasOwn(login.stored, old), false)
    assert.equal(steps['the account'].answer.body, 'you are Tobi é')
    const { views } = jsonOf(steps['a look with the old cookie'])
    assert.equal(views, undefined)
  },

  'a mounted application has a session of its own'(steps) {
    const [first, again] = [steps['the administration'], steps['the administration again']]
    assert.deepEqual([jsonOf(first).views, jsonOf(again).views], [1, 2])
    assert.match(cookiesOf(first, 'admin.sid')[0], /; Path=\/admin; HttpOnly$/)
    assert.deepEqual(cookiesOf(first), [])
  },

  'trusted proxies decide whether a cookie is secure'(steps) {
    const overHttps = steps['the administration over https']
    assert.match(cookiesOf(overHttps, 'admin.sid')[0], /; Path=\/admin; HttpOnly; Secure$/)
  },

  'a logout ends the session and removes the cookie'(steps) {
    const id = idIn(steps['a login'])
    const logout = steps['a logout']
    assert.equal(statusOf(logout), 204)
    assert.match(cookiesOf(logout)[0], /^connect\.sid=; Path=\/; Expires=Thu, 01 Jan 1970/)
    assert.ok(Object.hasOwn(steps['the account'].stored, id))
    assert.equal(Object.hasOwn(logout.stored, id), false)
    assert.equal(statusOf(steps['the account after the logout']), 401)
  }
}

module.exports = { expectations, site, visits }
