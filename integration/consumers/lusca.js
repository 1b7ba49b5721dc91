'use strict'

const assert = require('node:assert/strict')
const express = require('express4')
const lusca = require('lusca')
const { form } = require('./form')
const { idIn, jsonOf, statusOf, valuesOf } = require('./seen')

// It keeps the secret of its tokens in the session, and sets headers of its own.

function site({ hide, sessions }) {
  let tokens = 0
  const secrets = new Set()
  const hideSecret = ({ _csrfSecret: secret }) => {
    if (!secrets.has(secret)) hide(secret, `secret ${secrets.add(secret).size}`)
  }
  const app = express()
  app.set('etag', false)
  app.use(sessions())
  app.use(express.urlencoded({ extended: false }))
  app.use(lusca({ csrf: true, xframe: 'SAMEORIGIN', nosniff: true }))
  app.get('/form', (req, res) => {
    hideSecret(req.session)
    res.json({ token: hide(res.locals._csrf, `token ${++tokens}`) })
  })
  app.post('/comment', (req, res) => {
    req.session.comments = [...(req.session.comments ?? []), req.body.comment]
    res.json(req.session.comments)
  })
  // oxlint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => {
    hideSecret(req.session)
    res.send(error.message)
  })
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { cookies, visit } = stage.visitor(port)
  const tokenOf = ({ body }) => JSON.parse(body).token
  const first = tokenOf(await visit('a form', '/form'))
  const second = tokenOf(await visit('the form again', '/form'))
  await visit('a comment', '/comment', form({ _csrf: second, comment: 'nice' }))
  await visit('a comment with the first token', '/comment', form({ _csrf: first, comment: 'é' }))
  const inHeader = form({ comment: 'more' }, { 'X-CSRF-Token': first })
  await visit('a comment with the token in a header', '/comment', inHeader)
  await visit('a comment without a token', '/comment', form({ comment: 'spam' }))
  const attacker = stage.visitor(port)
  const theirs = tokenOf(await attacker.visit('the form of an attacker', '/form'))
  const forged = form({ _csrf: theirs, comment: 'spam' })
  await visit("a comment with the attacker's token", '/comment', forged)
  const others = [...cookies].filter(([name]) => name !== 'connect.sid')
  const lost = form({ _csrf: first, comment: 'lost' })
  await stage.visitor(port, others).visit('a comment without the session', '/comment', lost)
}

const expectations = {
  'the secret is kept in the session, where all of its tokens are good'(steps) {
    const id = idIn(steps['a form'])
    assert.equal(steps['the form again'].stored[id]._csrfSecret, '<secret 1>')
    assert.notEqual(jsonOf(steps['a form']).token, jsonOf(steps['the form again']).token)
    assert.deepEqual(jsonOf(steps['a comment']), ['nice'])
    assert.deepEqual(jsonOf(steps['a comment with the first token']), ['nice', 'é'])
    assert.equal(jsonOf(steps['a comment with the token in a header']).length, 3)
  },

  'without a token, with that of another session or without the session it is refused'(steps) {
    for (const [title, message] of [
      ['a comment without a token', 'CSRF token missing'],
      ["a comment with the attacker's token", 'CSRF token mismatch'],
      ['a comment without the session', 'CSRF token mismatch']
    ]) {
      assert.equal(statusOf(steps[title]), 403, title)
      assert.equal(steps[title].answer.body, message)
    }
    const { stored } = steps['a comment without the session']
    assert.equal(stored[idIn(steps['a form'])].comments.length, 3)
  },

  'its headers are there next to the session cookie'(steps) {
    assert.deepEqual(valuesOf(steps['a form'], 'X-Frame-Options'), ['SAMEORIGIN'])
    assert.deepEqual(valuesOf(steps['a form'], 'X-Content-Type-Options'), ['nosniff'])
    assert.ok(idIn(steps['a form']))
  }
}

module.exports = { expectations, record }
