'use strict'

const assert = require('node:assert/strict')
const cookieParser = require('cookie-parser')
const { doubleCsrf } = require('csrf-csrf')
const express = require('express')
const { form } = require('./form')
const { cookiesOf, idIn, jsonOf, statusOf } = require('./seen')

// Its tokens are signed along with the id of the session.

function site({ hide, sessions }) {
  const { doubleCsrfProtection } = doubleCsrf({
    getSecret: () => 'a secret for tokens',
    getSessionIdentifier: (req) => req.session.id,
    cookieName: 'csrf',
    cookieOptions: { secure: false },
    getCsrfTokenFromRequest: (req) => req.body.token
  })
  let tokens = 0
  const app = express()
  // The token is random.
  app.set('etag', false)
  app.use(cookieParser())
  app.use(sessions())
  app.use(express.urlencoded({ extended: false }))
  app.use(doubleCsrfProtection)

  app.get('/form', (req, res) => {
    // Only a session that is kept has the same id the next time.
    req.session.forms = (req.session.forms ?? 0) + 1
    const overwrite = req.query.fresh === 'yes'
    res.json({ token: hide(req.csrfToken({ overwrite }), `token ${++tokens}`) })
  })
  app.post('/transfer', (req, res) => {
    req.session.sent = (req.session.sent ?? 0) + Number(req.body.amount)
    res.json({ sent: req.session.sent })
  })
  app.post('/login', (req, res, next) =>
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.user = 'tobi'
      res.json({ token: hide(req.csrfToken({ overwrite: true }), `token ${++tokens}`) })
    })
  )
  // oxlint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => res.status(error.statusCode ?? 500).send(error.message))
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { cookies, visit } = stage.visitor(port)
  const tokenOf = ({ body }) => JSON.parse(body).token
  await visit('a transfer ahead of the form', '/transfer', form({ amount: 1 }))
  const first = tokenOf(await visit('a form', '/form'))
  const anonymous = new Map(cookies)
  await visit('a transfer', '/transfer', form({ token: first, amount: 5 }))
  await visit('another transfer', '/transfer', form({ token: first, amount: 2 }))
  await visit('a transfer without the token', '/transfer', form({ amount: 100 }))

  const attacker = stage.visitor(port)
  const theirs = tokenOf(await attacker.visit('the form of an attacker', '/form'))
  const forged = form({ token: theirs, amount: 100 })
  await visit("a transfer with the attacker's token", '/transfer', forged)
  const session = [...cookies].filter(([name]) => name === 'connect.sid')
  const csrf = [...attacker.cookies].filter(([name]) => name === 'csrf')
  await stage
    .visitor(port, [...session, ...csrf])
    .visit("a transfer with the attacker's token and cookie", '/transfer', forged)

  const second = tokenOf(await visit('a login', '/login', form({ token: first })))
  await visit('a transfer after the login', '/transfer', form({ token: second, amount: 3 }))
  await stage
    .visitor(port, [...cookies, ['csrf', anonymous.get('csrf')]])
    .visit('a transfer with the old token', '/transfer', form({ token: first, amount: 100 }))
}

const expectations = {
  'with the token of the form a transfer is made in the session'(steps) {
    const id = idIn(steps['a form'])
    assert.ok(id)
    assert.match(cookiesOf(steps['a form'], 'csrf')[0], /^csrf=<token 1>; /)
    assert.deepEqual(jsonOf(steps['a transfer']), { sent: 5 })
    assert.deepEqual(jsonOf(steps['another transfer']), { sent: 7 })
    assert.equal(steps['another transfer'].stored[id].sent, 7)
  },

  'without it, or with that of another session, it is refused'(steps) {
    for (const title of [
      'a transfer ahead of the form',
      'a transfer without the token',
      "a transfer with the attacker's token",
      "a transfer with the attacker's token and cookie"
    ]) {
      assert.equal(statusOf(steps[title]), 403, title)
      assert.equal(steps[title].answer.body, 'invalid csrf token')
    }
    assert.deepEqual(steps['a transfer ahead of the form'].stored, {})
    const { stored } = steps["a transfer with the attacker's token and cookie"]
    assert.equal(stored[idIn(steps['a form'])].sent, 7)
  },

  'a login ends what the old token is good for'(steps) {
    const id = idIn(steps['a login'])
    assert.notEqual(id, idIn(steps['a form']))
    assert.equal(jsonOf(steps['a login']).token, '<token 3>')
    assert.deepEqual(jsonOf(steps['a transfer after the login']), { sent: 3 })
    assert.equal(statusOf(steps['a transfer with the old token']), 403)
    assert.equal(steps['a transfer with the old token'].stored[id].sent, 3)
  }
}

module.exports = { expectations, record }
