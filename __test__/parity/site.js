'use strict'

const { exchange, makeRequest } = require('./exchange')
const { Log } = require('./log')
const { SECRET, cookieHeader } = require('./signature')
const { recordingStore } = require('./stores')

function countingIds(prefix = 'id') {
  let made = 0
  return () => `${prefix}${++made}`
}

// A middleware of the provider with a recording store (or a MemoryStore) and ids that count up.
function open(session, { options = {}, store = {}, memory = false } = {}) {
  const log = new Log()
  const kept = memory
    ? { store: new session.MemoryStore(), contents: () => ({ ...kept.store.sessions }) }
    : recordingStore(session, log, store)
  const middleware = session({
    secret: SECRET,
    resave: false,
    saveUninitialized: true,
    genid: countingIds(),
    store: kept.store,
    ...options
  })
  return {
    log,
    middleware,
    ...kept,
    visit: (request = {}) => exchange(middleware, { log, ...request })
  }
}

// A request which already has the session `id`, and the store content which makes it known.
function returning(id = 'known', request = {}) {
  return { ...request, headers: { cookie: cookieHeader(id), ...request.headers } }
}

function storedSession(data = {}, cookie = {}) {
  return {
    cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/', ...cookie },
    ...data
  }
}

module.exports = { open, countingIds, returning, storedSession, makeRequest }
