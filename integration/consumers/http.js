'use strict'

const assert = require('node:assert/strict')
const { cookiesOf, idIn, jsonOf, statusOf, valuesOf } = require('./seen')

// No framework at all: the middleware is called by hand.

function site(middleware) {
  const pages = {
    '/count': (req, res) => res.end(JSON.stringify(req.session)),
    '/object': (req, res) => {
      res.writeHead(201, 'Made', { 'Content-Type': 'text/plain', 'Set-Cookie': 'own=1' })
      res.end('made')
    },
    '/list': (req, res) => {
      res.writeHead(200, ['Content-Type', 'text/plain', 'X-Listed', 'yes'])
      res.end('listed')
    },
    '/before': (req, res) => {
      res.setHeader('Set-Cookie', ['one=1', 'two=2'])
      res.end()
    },
    '/pieces': (req, res) => {
      res.setHeader('Content-Length', 13)
      res.write('one ')
      res.write(Buffer.from('two '))
      res.end('dGhyZWU=', 'base64')
    },
    '/flushed': (req, res) => {
      res.flushHeaders()
      // Too late for a cookie, but not for the store.
      req.session.late = true
      res.end('flushed')
    },
    '/nothing': (req, res) => {
      res.statusCode = 204
      res.end()
    },
    '/unset': (req, res) => {
      req.session = null
      res.end('unset')
    }
  }
  return (req, res) => {
    middleware(req, res, (error) => {
      if (error) {
        res.statusCode = 500
        return res.end(error.message)
      }
      if (req.url !== '/unset') req.session.views = (req.session.views ?? 0) + 1
      pages[req.url](req, res)
    })
  }
}

async function record(stage) {
  const port = await stage.serve(site(stage.sessions({ rolling: true, unset: 'destroy' })))
  const { cookies, visit } = stage.visitor(port)
  await visit('a count', '/count')
  const before = new Map(cookies)
  await visit('headers as an object', '/object')
  await visit('headers as a list', '/list')
  await visit('cookies before', '/before')
  await visit('an answer in pieces', '/pieces')
  await visit('headers ahead', '/flushed')
  await visit('no content', '/nothing')
  await visit('headers alone', '/pieces', { method: 'HEAD' })
  const forged = [...before].map(([name, value]) => [name, value.replace('id1', 'id2')])
  await stage.visitor(port, forged).visit('a forged cookie', '/count')
  await visit('an unset session', '/unset')
  await stage.visitor(port, before).visit('a count with the old cookie', '/count')

  const keyless = await stage.serve(site(stage.sessions({ secret: undefined })))
  await stage.visitor(keyless).visit('a site without a secret', '/count')
}

const DONE = [
  'headers as an object',
  'headers as a list',
  'cookies before',
  'an answer in pieces',
  'headers ahead',
  'no content',
  'headers alone'
]

const expectations = {
  'the cookie is there, however the headers are written'(steps) {
    const id = idIn(steps['a count'])
    assert.ok(id)
    for (const title of DONE) assert.equal(idIn(steps[title]), id, title)
  },

  'what the application writes arrives'(steps) {
    assert.equal(statusOf(steps['headers as an object']), 201)
    assert.equal(steps['headers as an object'].answer.body, 'made')
    assert.ok(valuesOf(steps['headers as an object'], 'Set-Cookie').includes('own=1'))
    assert.deepEqual(valuesOf(steps['headers as a list'], 'X-Listed'), ['yes'])
    const [one, two, own] = valuesOf(steps['cookies before'], 'Set-Cookie')
    assert.deepEqual([one, two, own.split('=')[0]], ['one=1', 'two=2', 'connect.sid'])
    assert.equal(steps['an answer in pieces'].answer.body, 'one two three')
    assert.equal(steps['headers ahead'].answer.body, 'flushed')
    assert.equal(statusOf(steps['no content']), 204)
    assert.deepEqual(valuesOf(steps['headers alone'], 'Content-Length'), ['13'])
    assert.equal(steps['headers alone'].answer.body, '')
  },

  'each answer has saved the session when it is complete'(steps) {
    const id = idIn(steps['a count'])
    const views = DONE.map((title) => steps[title].stored[id].views)
    assert.deepEqual(views, [2, 3, 4, 5, 6, 7, 8])
    assert.equal(steps['headers ahead'].stored[id].late, true)
  },

  'a forged id is not accepted'(steps) {
    const forged = steps['a forged cookie']
    assert.equal(jsonOf(forged).views, 1)
    assert.notEqual(idIn(forged), idIn(steps['a count']))
  },

  'a session that is unset is destroyed'(steps) {
    const id = idIn(steps['a count'])
    assert.equal(Object.hasOwn(steps['an unset session'].stored, id), false)
    assert.deepEqual(cookiesOf(steps['an unset session']), [])
    assert.equal(jsonOf(steps['a count with the old cookie']).views, 1)
  },

  'without a secret the application is told'(steps) {
    const { answer } = steps['a site without a secret']
    assert.deepEqual([answer.status, answer.body], [500, 'secret option required for sessions'])
  }
}

module.exports = { expectations, record }
