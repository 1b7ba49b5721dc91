'use strict'

const assert = require('node:assert/strict')
const flash = require('connect-flash')
const express = require('express4')
const { form } = require('./form')
const { idIn, jsonOf, statusOf } = require('./seen')

function site({ sessions }) {
  const app = express()
  app.use(sessions())
  app.use(flash())
  app.use(express.urlencoded({ extended: false }))
  app.post('/orders', (req, res) => {
    req.flash('info', 'ordered: %s', req.body.thing)
    req.flash('info', ['paid', 'packed'])
    req.flash('warning', 'it may rain')
    res.redirect(303, '/orders')
  })
  app.get('/orders', (req, res) => res.json(req.flash('info')))
  app.get('/all', (req, res) => res.json(req.flash()))
  return app
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { visit } = stage.visitor(port)
  await visit('an order', '/orders', form({ thing: 'tea é' }))
  await stage.visitor(port).visit('the messages of somebody else', '/orders')
  await visit('its messages', '/orders')
  await visit('its messages again', '/orders')
  await visit('the other messages', '/all')
  await visit('another order', '/orders', form({ thing: 'milk' }))
  await visit('one more order', '/orders', form({ thing: 'honey' }))
  await visit('all messages', '/all')
  await visit('all messages again', '/all')
}

const expectations = {
  'messages are shown once, after the redirect'(steps) {
    assert.equal(statusOf(steps['an order']), 303)
    assert.deepEqual(jsonOf(steps['its messages']), ['ordered: tea é', 'paid', 'packed'])
    assert.deepEqual(jsonOf(steps['its messages again']), [])
  },

  'messages of another kind wait'(steps) {
    assert.deepEqual(jsonOf(steps['the other messages']), { warning: ['it may rain'] })
  },

  'messages that nobody has seen add up'(steps) {
    assert.deepEqual(jsonOf(steps['all messages']), {
      info: ['ordered: milk', 'paid', 'packed', 'ordered: honey', 'paid', 'packed'],
      warning: ['it may rain', 'it may rain']
    })
    assert.deepEqual(jsonOf(steps['all messages again']), {})
  },

  'they are in the session of whom they are for until they are shown'(steps) {
    const id = idIn(steps['an order'])
    assert.equal(steps['an order'].stored[id].flash.info.length, 3)
    assert.deepEqual(jsonOf(steps['the messages of somebody else']), [])
    assert.deepEqual(steps['its messages'].stored[id].flash, { warning: ['it may rain'] })
    assert.deepEqual(steps['all messages'].stored[id].flash, {})
  }
}

module.exports = { expectations, record }
