'use strict'

const fc = require('fast-check')
const { cookieHeader } = require('./cookie-header')
const { after, before, disturbance } = require('./disturbances')
const { neighbours } = require('./neighbours')
const { ending, responseStep } = require('./response-steps')
const { sessionStep } = require('./session-steps')
const { pick, weighted } = require('./values')

const url = weighted(
  [6, pick('/', '/admin', '/admin/x?y=1')],
  [1, pick('', '*', '//x', '?x', 'http://host/admin', '/a%20b', '/a b', '/adminx', '/é', '#')]
)

const request = fc.record(
  {
    method: weighted([8, pick('GET')], [1, pick('HEAD', 'POST')]),
    url,
    originalUrl: weighted([8, pick(null)], [1, url]),
    version: weighted([10, pick('1.1')], [1, pick('1.0')]),
    encrypted: weighted([3, pick(false)], [1, pick(true)]),
    // What Express makes of its "trust proxy".
    secure: pick(null, true, false),
    secret: weighted([4, pick(null)], [1, pick('keyboard cat', '')]),
    proto: weighted(
      [4, pick(null)],
      [3, pick('https', 'http', 'https, http', 'http,https', ' HTTPS ', '', ',https', 'https,')]
    ),
    cookie: cookieHeader,
    // After how many turns the client goes away.
    leaves: weighted([20, pick(null)], [1, pick(1, 2, 4)]),
    keepAlive: weighted([4, pick(true)], [1, pick(false)]),
    neighbours,
    before,
    after,
    // Whether the handler looks at the session before it does anything else.
    looks: weighted([3, pick(true)], [1, pick(false)]),
    steps: fc.array(weighted([5, sessionStep], [2, responseStep], [0.7, disturbance]), {
      maxLength: 7
    }),
    ending: weighted([30, ending], [0.5, pick(['nothing'])])
  },
  { noNullPrototype: true }
)

// Requests of one group are under way at the same time.
const group = fc.record(
  {
    advance: weighted([4, pick(0)], [2, pick(1, 500, 1000, 30_000, 60_000, 120_000)]),
    event: weighted([20, pick(null)], [1.5, pick('disconnect', 'connect', 'error')]),
    // Secrets may be rotated while an application runs.
    rotate: weighted([20, pick(null)], [1, pick('unshift', 'shift', 'overwrite')]),
    requests: weighted(
      [4, fc.tuple(request)],
      [1, fc.array(request, { minLength: 2, maxLength: 3 })]
    )
  },
  { noNullPrototype: true }
)

const groups = fc.array(group, { minLength: 1, maxLength: 4 })

module.exports = { groups }
