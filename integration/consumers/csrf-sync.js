'use strict'

const assert = require('node:assert/strict')
const { csrfSync } = require('csrf-sync')
const express = require('express')
const { idIn, jsonOf, statusOf } = require('./seen')

// It keeps its token in the session.

function site({ hide, sessions }) {
  const { csrfSynchronisedProtection, revokeToken } = csrfSync()
  const names = new Map()
  const named = (token) => {
    if (!names.has(token)) names.set(token, `token ${names.size + 1}`)
    return hide(token, names.get(token))
  }
  const app = express()
  app.set('etag', false)
  app.use(sessions())
  app.use(csrfSynchronisedProtection)
  app.get('/token', (req, res) =>
    res.json({ token: named(req.csrfToken(req.query.fresh === 'yes')) })
  )
  app.post('/like', (req, res) => {
    req.session.likes = (req.session.likes ?? 0) + 1
    res.json({ likes: req.session.likes })
  })
  app.post('/revoke', (req, res) => {
    revokeToken(req)
    res.sendStatus(204)
  })
  // oxlint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => res.status(error.statusCode ?? 500).send(error.code))
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { visit } = stage.visitor(port)
  const tokenOf = ({ body }) => JSON.parse(body).token
  const post = (token) => ({ method: 'POST', headers: token ? { 'X-CSRF-Token': token } : {} })

  const first = tokenOf(await visit('a token', '/token'))
  await visit('the same token', '/token')
  await visit('a like', '/like', post(first))
  await visit('a like without a token', '/like', post())
  const attacker = stage.visitor(port)
  const theirs = tokenOf(await attacker.visit('the token of an attacker', '/token'))
  await visit("a like with the attacker's token", '/like', post(theirs))
  const second = tokenOf(await visit('a fresh token', '/token?fresh=yes'))
  await visit('a like with the old token', '/like', post(first))
  await visit('a like with the fresh token', '/like', post(second))
  await visit('an end of the token', '/revoke', post(second))
  await visit('a like with the ended token', '/like', post(second))
}

const expectations = {
  'the token stays in the session until a fresh one is asked for'(steps) {
    const id = idIn(steps['a token'])
    assert.equal(jsonOf(steps['a token']).token, '<token 1>')
    assert.equal(steps['a token'].stored[id].csrfToken, '<token 1>')
    assert.equal(jsonOf(steps['the same token']).token, '<token 1>')
    const fresh = steps['a fresh token']
    assert.equal(fresh.stored[id].csrfToken, jsonOf(fresh).token)
    assert.notEqual(jsonOf(fresh).token, '<token 1>')
  },

  'only the token of the session is accepted'(steps) {
    assert.deepEqual(jsonOf(steps['a like']), { likes: 1 })
    assert.deepEqual(jsonOf(steps['a like with the fresh token']), { likes: 2 })
    for (const title of [
      'a like without a token',
      "a like with the attacker's token",
      'a like with the old token',
      'a like with the ended token'
    ]) {
      assert.equal(statusOf(steps[title]), 403, title)
      assert.equal(steps[title].answer.body, 'EBADCSRFTOKEN')
    }
  },

  'the token can be taken out of the session'(steps) {
    const { likes, csrfToken } = steps['an end of the token'].stored[idIn(steps['a token'])]
    assert.deepEqual([likes, csrfToken], [2, undefined])
  }
}

module.exports = { expectations, record }
