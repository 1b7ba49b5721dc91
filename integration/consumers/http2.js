'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http2 = require('node:http2')

// The one consumer that does not get along with express-session: see `docs/differences.md`.

const IMPLICIT = 'TypeError: res._implicitHeader is not a function'

/** Answers with what the session holds, and tells the client of a failure by closing the stream. */
function site(middleware, failures) {
  const pages = {
    '/look': (req, res) => res.end(JSON.stringify({ user: req.session.user })),
    '/login': (req, res) => {
      req.session.user = 'tobi'
      res.end('hello')
    },
    '/quiet-login': (req, res) => {
      req.session.user = 'loki'
      req.session.save(() => {
        res.statusCode = 204
        res.end()
      })
    },
    '/visit': (req, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1
      res.writeHead(200, { 'content-type': 'application/json' })
      res.write(' ')
      res.end(JSON.stringify(req.session))
    },
    '/logout': (req, res) => req.session.destroy(() => res.end('bye'))
  }
  return http2.createServer((req, res) => {
    middleware(req, res, () => {
      try {
        pages[req.url](req, res)
      } catch (error) {
        failures.push(`${error.name}: ${error.message}`)
        res.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
      }
    })
  })
}

async function visited(client, path, cookie) {
  const stream = client.request({ ':path': path, ...(cookie && { cookie }) })
  const answer = { body: '' }
  stream.on('response', (headers) => {
    answer.status = headers[':status']
    answer.cookies = headers['set-cookie'] ?? []
  })
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => (answer.body += chunk))
  stream.on('error', (error) => (answer.failure = error.code))
  await new Promise((resolve) => stream.once('close', resolve))
  return answer
}

async function record({ note, onClose, serve, sessions }) {
  const failures = []
  const port = await serve(site(sessions(), failures))
  const client = http2.connect(`http://127.0.0.1:${port}`)
  onClose(() => client.destroy())
  await once(client, 'connect')

  let cookie
  const visit = async (title, path) => {
    const answer = await visited(client, path, cookie)
    cookie = answer.cookies?.[0]?.split(';')[0] ?? cookie
    await note(title, { answer, failures: failures.splice(0) })
  }
  await visit('a look', '/look')
  await visit('a visit in pieces', '/visit')
  await visit('another visit', '/visit')
  await visit('a logout', '/logout')
  await visit('a login that is saved ahead', '/quiet-login')
  await visit('a look with the session', '/look')
  await visit('another login', '/login')
}

const differs = ['a look with the session', 'another login']

const expectations = {
  'a look needs no session and works with both'(steps) {
    const { answer, failures, stored } = steps['a look']
    assert.deepEqual(answer, { status: 200, cookies: [], body: '{}' })
    assert.deepEqual([failures, stored], [[], {}])
  },

  'an answer in pieces carries the cookie and saves the session'(steps) {
    const [first, second] = [steps['a visit in pieces'], steps['another visit']]
    assert.match(first.answer.cookies[0], /^connect\.sid=s%3Aid2\./)
    assert.deepEqual(
      [first, second].map(({ answer }) => JSON.parse(answer.body).visits),
      [1, 2]
    )
    assert.equal(second.stored.id2.visits, 2)
  },

  'a logout ends the session'(steps) {
    const { answer, failures, stored } = steps['a logout']
    assert.deepEqual([answer.status, answer.body, failures], [200, 'bye', []])
    assert.deepEqual(stored, {})
  },

  'a session that was saved ahead has its cookie, also without a body'(steps) {
    const { answer, failures, stored } = steps['a login that is saved ahead']
    assert.deepEqual([answer.status, answer.body, failures], [204, '', []])
    assert.match(answer.cookies[0], /^connect\.sid=s%3Aid3\./)
    assert.equal(stored.id3.user, 'loki')
  },

  'the session is touched at the end, which express-session cannot do'(steps, provider) {
    const { answer, failures } = steps['a look with the session']
    if (provider === 'express-session') return isRefused({ answer, failures })
    assert.deepEqual(answer, { status: 200, cookies: [], body: '{"user":"loki"}' })
    assert.deepEqual(failures, [])
  },

  'the session is saved at the end, which express-session cannot do'(steps, provider) {
    const { answer, failures, stored } = steps['another login']
    if (provider === 'express-session') return isRefused({ answer, failures })
    assert.deepEqual([answer.status, answer.body, failures], [200, 'hello', []])
    assert.match(answer.cookies[0], /^connect\.sid=s%3Aid3\./)
    assert.equal(stored.id3.user, 'tobi')
  }
}

function isRefused({ answer, failures }) {
  assert.deepEqual(failures, [IMPLICIT])
  assert.equal(answer.failure, 'ERR_HTTP2_STREAM_ERROR')
}

module.exports = { differs, expectations, record }
