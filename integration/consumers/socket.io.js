'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const express = require('express')
const { Server } = require('socket.io')
const { cookiesOf, idIn, jsonOf, statusOf } = require('./seen')
const { connected, refusal, upgraded } = require('./socket-client')

// Sessions are shared in the way that its documentation describes: `io.engine.use(middleware)`.

const TRANSPORTS = ['websocket', 'polling']

function site({ onClose, sessions }) {
  const middleware = sessions()
  const app = express()
  const server = http.createServer(app)
  const io = new Server(server)
  onClose(() => io.close())
  app.use(middleware)
  app.get('/', (req, res) => {
    const { count, handshakes, user } = req.session
    res.json({ count, handshakes, user })
  })
  app.post('/login', (req, res) => {
    Object.assign(req.session, { count: 0, user: 'tobi' })
    res.sendStatus(204)
  })
  app.post('/count', (req, res) => {
    req.session.count++
    res.json({ count: req.session.count })
  })
  app.post('/logout', (req, res, next) => {
    const { id } = req.session
    req.session.destroy((error) => {
      if (error) return next(error)
      io.in(id).disconnectSockets()
      res.sendStatus(204)
    })
  })

  const isHandshake = (req) => req._query.sid === undefined
  io.engine.use((req, res, next) => (isHandshake(req) ? middleware(req, res, next) : next()))
  io.engine.use((req, res, next) => {
    if (isHandshake(req)) req.session.handshakes = (req.session.handshakes ?? 0) + 1
    next()
  })
  // The id of a connection is in an answer, and otherwise random.
  let connections = 0
  io.engine.generateId = () => `connection${++connections}`
  io.use((socket, next) => {
    next(socket.request.session.user ? undefined : new Error('not logged in'))
  })
  io.on('connection', attend)
  return server
}

function attend(socket) {
  const { request } = socket
  socket.join(request.session.id)
  const { handshakes, user } = request.session
  const atHandshake = { id: request.sessionID, handshakes, user }
  socket.use((event, next) => {
    // The session as it is now, and not as it was when the connection began.
    request.session.reload((error) => (error ? socket.disconnect() : next()))
  })
  socket.on('look', (answer) => answer({ ...atHandshake, count: request.session.count }))
  socket.on('count', (answer) => {
    request.session.count++
    request.session.save((error) =>
      answer({ count: request.session.count, failed: Boolean(error) })
    )
  })
}

async function record(stage) {
  const port = await stage.serve(site(stage))
  await strangers(stage, port)
  const { cookies, visit } = stage.visitor(port)
  await visit('a login', '/login', { method: 'POST' })
  await shared(stage, port, { cookies, transport: 'websocket', visit })
  await shared(stage, port, { cookies, transport: 'polling', visit })
  const socket = await connected(stage, port, { cookies })
  const end = once(socket, 'disconnect')
  await visit('a logout', '/logout', { method: 'POST' })
  await stage.note('the end of the connection', { reason: (await end)[0] })
  await stage.note('a connection after the logout', await refusal(stage, port, { cookies }))
}

/** Those who have no session yet. */
async function strangers(stage, port) {
  const path = (transport) => `/socket.io/?EIO=4&transport=${transport}`
  await stage.visitor(port).visit('a handshake over polling', path('polling'))
  await stage.note('a handshake over websocket', {
    answer: await upgraded(port, path('websocket'))
  })
  await stage.note('a stranger', await refusal(stage, port))
}

/** One session, used over http and over a connection by turns. */
async function shared(stage, port, { cookies, transport, visit }) {
  const socket = await connected(stage, port, { cookies, transport })
  const emit = async (title, event) =>
    stage.note(`${title} over ${transport}`, { answer: await socket.emitWithAck(event) })
  await emit('a look', 'look')
  await emit('a count', 'count')
  await visit(`a look over http after ${transport}`, '/')
  await visit(`a count over http after ${transport}`, '/count', { method: 'POST' })
  await emit('another count', 'count')
}

const expectations = {
  'a handshake over polling sets the cookie and saves the session'(steps) {
    const handshake = steps['a handshake over polling']
    assert.match(handshake.answer.body, /"sid":"connection1"/)
    assert.equal(handshake.stored[idIn(handshake)].handshakes, 1)
  },

  'a handshake over websocket sets the cookie, and saving is up to the application'(steps) {
    const handshake = steps['a handshake over websocket']
    assert.equal(statusOf(handshake), 101)
    assert.equal(cookiesOf(handshake).length, 1)
    assert.equal(Object.hasOwn(handshake.stored, idIn(handshake)), false)
  },

  'without a login the connection is refused'(steps) {
    assert.equal(steps['a stranger'].refused, 'not logged in')
  },

  'a handshake sees the session of http'(steps) {
    const id = idIn(steps['a login'])
    assert.ok(id)
    for (const [place, transport] of TRANSPORTS.entries()) {
      const { answer } = steps[`a look over ${transport}`]
      assert.deepEqual(answer, { id, user: 'tobi', handshakes: 1, count: place * 3 })
    }
  },

  'what is saved over a connection is seen over http, and the other way round'(steps) {
    for (const [place, transport] of TRANSPORTS.entries()) {
      const start = place * 3
      const counted = { count: start + 1, failed: false }
      assert.deepEqual(steps[`a count over ${transport}`].answer, counted)
      assert.equal(jsonOf(steps[`a look over http after ${transport}`]).count, start + 1)
      assert.equal(jsonOf(steps[`a count over http after ${transport}`]).count, start + 2)
      const again = steps[`another count over ${transport}`]
      assert.equal(again.answer.count, start + 3)
      assert.equal(again.stored[idIn(steps['a login'])].count, start + 3)
    }
  },

  'a logout over http ends the connection, and there is no other one'(steps) {
    const id = idIn(steps['a login'])
    assert.equal(Object.hasOwn(steps['a logout'].stored, id), false)
    assert.equal(steps['the end of the connection'].reason, 'io server disconnect')
    assert.equal(steps['a connection after the logout'].refused, 'not logged in')
  }
}

module.exports = { expectations, record }
