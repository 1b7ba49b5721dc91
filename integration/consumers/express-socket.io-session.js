'use strict'

const assert = require('node:assert/strict')
const http = require('node:http')
const express = require('express')
const sharedSession = require('express-socket.io-session')
const { Server } = require('socket.io')
const { idIn, jsonOf } = require('./seen')
const { connected, refusal } = require('./socket-client')

// It calls the middleware with the handshake in place of a request and `{ end() {} }` for a response.

function site({ onClose, sessions }) {
  const middleware = sessions()
  const app = express()
  const server = http.createServer(app)
  const io = new Server(server)
  onClose(() => io.close())
  app.use(middleware)
  app.get('/', (req, res) => res.json({ count: req.session.count, user: req.session.user }))
  app.post('/login', (req, res) => {
    Object.assign(req.session, { count: 0, user: 'tobi' })
    res.sendStatus(204)
  })
  app.post('/count', (req, res) => res.json({ count: ++req.session.count }))

  for (const [namespace, options] of Object.entries({
    '/by-hand': {},
    '/by-itself': { autoSave: true }
  })) {
    io.of(namespace).use(sharedSession(middleware, options))
    io.of(namespace).use(({ handshake }, next) =>
      next(handshake.session.user ? undefined : new Error('not logged in'))
    )
    io.of(namespace).on('connection', attend)
  }
  return server
}

function attend(socket) {
  const { handshake } = socket
  const look = () => {
    const { count, id, user } = handshake.session
    return { count, id, user }
  }
  socket.on('look', (answer) => answer(look()))
  socket.on('count', (answer) => {
    handshake.session.count++
    answer(look())
  })
  for (const method of ['save', 'reload']) {
    socket.on(method, (answer) =>
      handshake.session[method]((error) => answer({ failed: Boolean(error), ...look() }))
    )
  }
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  const { cookies, visit } = stage.visitor(port)
  await stage.note('a stranger', await refusal(stage, port, { namespace: '/by-hand' }))
  await visit('a login', '/login', { method: 'POST' })

  const byHand = await connected(stage, port, { cookies, namespace: '/by-hand' })
  const emit = async (title, socket, event) =>
    stage.note(title, { answer: await socket.emitWithAck(event) })
  await emit('a look', byHand, 'look')
  await emit('a count', byHand, 'count')
  await visit('a look over http before saving', '/')
  await emit('a save', byHand, 'save')
  await visit('a look over http after saving', '/')
  await visit('a count over http', '/count', { method: 'POST' })
  await emit('a look that is not up to date', byHand, 'look')
  await emit('a reload', byHand, 'reload')

  const byItself = await connected(stage, port, { cookies, namespace: '/by-itself' })
  await emit('a count that saves itself', byItself, 'count')
  await emit('another count that saves itself', byItself, 'count')
  await visit('a look over http after them', '/')

  const forged = [...cookies].map(([name, value]) => [name, value.replace('.', '.x')])
  const options = { cookies: forged, namespace: '/by-itself' }
  await stage.note('a forged cookie', await refusal(stage, port, options))
}

const expectations = {
  'the handshake has the session of http, if there is one'(steps) {
    assert.equal(steps['a stranger'].refused, 'not logged in')
    assert.equal(steps['a forged cookie'].refused, 'not logged in')
    const id = idIn(steps['a login'])
    assert.ok(id)
    assert.deepEqual(steps['a look'].answer, { count: 0, id, user: 'tobi' })
  },

  'what a connection changes is seen over http once it is saved'(steps) {
    assert.equal(steps['a count'].answer.count, 1)
    assert.equal(jsonOf(steps['a look over http before saving']).count, 0)
    assert.equal(steps['a save'].answer.failed, false)
    assert.equal(jsonOf(steps['a look over http after saving']).count, 1)
  },

  'what http changes is seen by a connection once it reloads'(steps) {
    assert.equal(jsonOf(steps['a count over http']).count, 2)
    assert.equal(steps['a look that is not up to date'].answer.count, 1)
    const { count, failed } = steps['a reload'].answer
    assert.deepEqual([failed, count], [false, 2])
  },

  'with autoSave each event is saved'(steps) {
    assert.equal(steps['a count that saves itself'].answer.count, 3)
    const again = steps['another count that saves itself']
    assert.equal(again.answer.count, 4)
    assert.equal(again.stored[idIn(steps['a login'])].count, 4)
    assert.deepEqual(jsonOf(steps['a look over http after them']), { count: 4, user: 'tobi' })
  }
}

module.exports = { expectations, record }
