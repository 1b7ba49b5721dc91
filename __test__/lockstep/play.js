'use strict'

const { onDeprecation } = require('./deprecations')
const { atFixedTime } = require('../parity/clock')
const { provider } = require('../parity/provider')
const { keep, makeCookieHeader } = require('./cookie-header')
const { Globals } = require('./disturbances')
const { makeExchange } = require('./exchange')
const { Journal, quiet } = require('./journal')
const { makeOptions, makeSecret } = require('./options')
const { makeStore } = require('./stores')
const { Visit } = require('./visit')

let current

// Where uncaught errors end up, such as those of a callback in a store's timer.
function installTraps() {
  process.setUncaughtExceptionCaptureCallback((error) => current?.add('uncaught', error))
  process.emitWarning = (...args) => current?.add('warning', ...args)
  onDeprecation((message) => current?.add('app', 'deprecated', message))
}

// Whether accounts are compared channel by channel: our memory store takes fewer turns of the event
// loop, and deflating takes any number of them.
function isLoose({ store, groups }) {
  const deflates = ({ neighbours }) => neighbours.compression !== 'none'
  return store.type === 'memory' || groups.some(({ requests }) => requests.some(deflates))
}

const REPLACING = new Set(['reload', 'regenerate'])

// Whether a request is assigned another session by what has not got a copy of it in hand. That copies of the
// request see it is a documented difference.
function replacesSession({ store, groups }) {
  const replaces = ({ neighbours, steps }) =>
    [...neighbours.before, ...neighbours.after].includes('hook that drops the session') ||
    steps.some(([name, method]) => REPLACING.has(name === 'on kept' ? method : name))
  return (
    Boolean(store.calls?.some(([, what]) => what === 'twice')) ||
    groups.some(({ requests }) => requests.some(replaces))
  )
}

// Plays a scenario on one provider, and gives the account of what happened.
async function play(name, scenario) {
  const journal = new Journal()
  current = journal
  await atFixedTime(async (clock) => {
    const globals = new Globals(scenario.store.type === 'memory')
    try {
      await playAt(clock, journal, provider(name).session, scenario, globals)
    } finally {
      globals.restore()
    }
  })
  current = undefined
  return journal.entries
}

async function playAt(clock, journal, session, scenario, globals) {
  const response = { headSent: () => null }
  const options = makeOptions(scenario.options, journal)
  const { store, contents } = makeStore(session, journal, response, scenario.store)
  let middleware
  try {
    middleware = session({ ...options, store })
  } catch (error) {
    return journal.add('app', 'session threw', error)
  }
  const world = {
    globals,
    cookieName: options.name || options.key || 'connect.sid',
    jar: new Map(),
    journal,
    loose: isLoose(scenario),
    mayCopy: !replacesSession(scenario),
    middleware,
    secrets: [options.secret].flat(),
    session,
    store
  }

  let count = 0
  for (const group of scenario.groups) {
    clock.advance(group.advance)
    if (group.event) emit(store, group.event, journal)
    if (group.rotate) rotate(options.secret, group.rotate)
    const begin = (given) => {
      const visit = visitOf(world, given, ++count)
      response.headSent = () => visit.res.headersSent
      visit.start()
      // What a client that leaves sees of a response depends on turns of the event loop.
      if (given.leaves !== null && !world.loose) journal.later(given.leaves, () => visit.leave())
      return visit
    }
    // What one request sees of another depends on turns of the event loop.
    const together = world.loose ? group.requests.map((given) => [given]) : [group.requests]
    for (const requests of together) {
      const visits = requests.map(begin)
      await quiet(journal, () => visits.some((visit) => visit.isBusy()))
      for (const visit of visits) keep(world.jar, visit.conclude())
    }
  }
  globals.restore()
  journal.add('store', 'contents', contents())
  journal.add(
    'store',
    'listeners',
    store.listenerCount('connect'),
    store.listenerCount('disconnect')
  )
}

function emit(store, event, journal) {
  try {
    if (event === 'error') store.emit('error', new Error('store says it has lost its connection'))
    else store.emit(event)
  } catch (error) {
    journal.add('store', 'nobody hears', error)
  }
}

function visitOf(world, given, number) {
  const { jar, cookieName: name, secrets } = world
  const cookie = makeCookieHeader(given.cookie, { jar, name, secrets })
  return new Visit(world, given, makeExchange(given, cookie), `request ${number}`)
}

function rotate(secret, how) {
  if (how === 'overwrite') {
    if (Buffer.isBuffer(secret)) secret.fill(7)
  } else if (Array.isArray(secret)) {
    if (how === 'unshift') secret.unshift(makeSecret(['text', 'newest']))
    else if (secret.length > 1) secret.shift()
  }
}

module.exports = { installTraps, isLoose, play }
