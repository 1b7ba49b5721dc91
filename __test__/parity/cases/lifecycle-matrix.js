'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning, storedSession } = require('../site')

const ARRIVALS = ['new', 'known', 'forgotten']

const CHANGES = {
  none() {},
  modified: (req) => (req.session.user = 'loki'),
  'same value': (req) => (req.session.views = req.session.views ?? undefined),
  deleted: (req) => delete req.session.views,
  touched: (req) => req.session.touch(),
  'cookie only': (req) => (req.session.cookie.maxAge = 5000),
  saved: (req) => req.session.save(),
  'saved after modified': (req) => {
    req.session.user = 'loki'
    req.session.save()
  },
  'saved, then modified': (req) => {
    req.session.save()
    req.session.user = 'loki'
  },
  'modified and back': (req) => {
    req.session.user = 'loki'
    delete req.session.user
  }
}

const MODIFYING = new Set(['modified', 'saved after modified', 'saved, then modified'])

const BOTH = [true, false]

function* combinations() {
  for (const arrival of ARRIVALS) {
    for (const change of Object.keys(CHANGES)) {
      for (const touch of BOTH) {
        for (const maxAge of [null, 60_000]) yield { arrival, change, touch, maxAge }
      }
    }
  }
}

const labelOf = (combination) => JSON.stringify(combination)

async function visit(session, clock, options, { arrival, change, touch, maxAge }) {
  const expires = maxAge === null ? null : new Date(clock.start + 30_000)
  const known = storedSession({ views: 1 }, { originalMaxAge: maxAge, expires })
  const site = open(session, {
    options: { ...options, cookie: { maxAge } },
    store: { touch, data: arrival === 'known' ? { known } : {} }
  })
  const request = {
    handle(req, res) {
      CHANGES[change](req)
      res.end('done')
    }
  }
  return {
    ...(await site.visit(arrival === 'new' ? request : returning('known', request))),
    contents: site.contents()
  }
}

function expected({ resave, rolling, saveUninitialized }, { arrival, change, touch, maxAge }) {
  const known = arrival === 'known'
  const modified = MODIFYING.has(change) || (known && change === 'deleted')
  const savedByHand = change.startsWith('saved')
  const savedAsIs = savedByHand && change !== 'saved, then modified'
  const calls = known || arrival === 'forgotten' ? ['store.get'] : []
  if (savedByHand) calls.push('store.set')

  let atEnd
  if (savedAsIs) atEnd = false
  else if (known) atEnd = resave || modified
  else atEnd = saveUninitialized || modified || savedByHand
  if (atEnd) calls.push('store.set')
  else if (known && touch) calls.push('store.touch')

  const expires = maxAge !== null || change === 'cookie only'
  const cookie = known ? rolling || (expires && modified) : saveUninitialized || modified
  return { calls, cookie }
}

function matrix(options) {
  return {
    name: `stored, touched and sent as the options say: ${JSON.stringify(options)}`,
    async run(session, { clock }) {
      const recording = {}
      for (const combination of combinations()) {
        recording[labelOf(combination)] = await visit(session, clock, options, combination)
      }
      return recording
    },
    expect(recording) {
      for (const combination of combinations()) {
        const label = labelOf(combination)
        const { calls, cookie } = expected(options, combination)
        assert.deepEqual(names(recording[label].log, 'store.'), calls, label)
        assert.equal(setCookies(recording[label]).length, cookie ? 1 : 0, label)
      }
    }
  }
}

module.exports = BOTH.flatMap((resave) =>
  BOTH.flatMap((rolling) =>
    BOTH.map((saveUninitialized) => matrix({ resave, rolling, saveUninitialized }))
  )
)
