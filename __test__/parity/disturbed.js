'use strict'

const { START } = require('./clock')
const { outcome, plain } = require('./plain')
const { open, returning, storedSession } = require('./site')
const { turnsUntil } = require('./turns')

// What stores and requests do while something global is changed, such as the clock or `JSON`, and when it is
// as it was again. A change is a function that makes it and returns one that takes it back.

async function during(change, work) {
  const undo = change()
  try {
    return await work()
  } finally {
    undo()
  }
}

/** Calls a method of the store and gives what its callback got. */
async function ask(store, method, ...args) {
  const calls = []
  const returned = outcome(() => store[method](...args, (...results) => calls.push(plain(results))))
  if (!returned.threw) await turnsUntil(() => calls.length > 0, { most: 10, after: 0 })
  return [returned, calls]
}

/** What is there once those that have expired were asked for: see docs/differences.md. */
async function left(store, wereAsked = true) {
  await ask(store, 'all')
  const ids = Object.keys(store.sessions).filter((id) => wereAsked || !id.endsWith('seconds'))
  const texts = ids.toSorted().map((id) => [id, plain(store.sessions[id])])
  // Nor does ours keep an id without a text.
  return texts.filter(([, text]) => text !== '<undefined>')
}

const KEPT = {
  'for ever': null,
  'for an hour': START + 3_600_000,
  'for a day': START + 24 * 3_600_000,
  // By some of the clocks over, by others not.
  'for seconds': START + 20_000
}

/** The sessions that are kept: all, or those that do not expire. */
const keptFor = (expires) => Object.entries(KEPT).filter(([, time]) => expires || time === null)

function fill({ Cookie, MemoryStore }, kept) {
  const store = new MemoryStore()
  for (const [id, time] of kept) {
    const expires = time && new Date(time)
    store.set(`text ${id}`, storedSession({ id }, { expires }))
    const cookie = Object.assign(new Cookie(), { expires, originalMaxAge: time && time - START })
    store.set(`cookie ${id}`, { cookie, id })
  }
  return store
}

const METHODS = {
  get: (store, id) => ask(store, 'get', id),
  set: (store, id, cookie) => ask(store, 'set', id, { cookie, more: true }),
  touch: (store, id, cookie) => ask(store, 'touch', id, { cookie }),
  destroy: (store, id) => ask(store, 'destroy', id)
}

/**
 * @param {object} session The provider.
 * @param {object} play
 * @param {() => () => void} play.change
 * @param {object} play.clock
 * @param {boolean} [play.isOver] Whether all sessions that expire have expired meanwhile. Ours may free any
 *   of them then, and express-session those that are asked for.
 * @param {boolean} [play.expires] Whether there are sessions that expire.
 */
async function methods(session, { change, clock, isOver = false, expires = true }) {
  const kept = keptFor(expires)
  clock.advance(START - Date.now())
  const recording = {}
  for (const [method, act] of Object.entries(METHODS)) {
    if (isOver && method !== 'get') continue
    const store = fill(session, kept)
    const cookie = new session.Cookie({ maxAge: expires ? 7_200_000 : null })
    recording[method] = await during(change, async () => {
      const results = {}
      for (const [id] of kept) {
        // Ours may free it as soon as it has expired, and express-session if it is asked for.
        if (id === 'for seconds' && method !== 'get') continue
        results[id] = [
          await act(store, `text ${id}`, cookie),
          await act(store, `cookie ${id}`, cookie)
        ]
      }
      return results
    })
    recording[`${method}, and what is left`] = await left(store, method === 'get')
  }
  for (const method of ['all', 'length', 'clear']) {
    if (isOver && method === 'length') continue
    const store = fill(session, kept)
    const asked = await during(change, () => ask(store, method))
    // To count them, ours looks at none of them: it does not find out which of them cannot be read.
    if (method !== 'length') recording[method] = asked
    recording[`${method}, and what is left`] = await left(store, method === 'all')
  }
  const store = await during(change, () => new session.MemoryStore())
  recording['made meanwhile'] = [
    await ask(store, 'set', 'sid', storedSession()),
    await ask(store, 'get', 'sid')
  ]
  const filled = fill(session, kept)
  await during(change, () => ask(filled, 'get', 'text for ever'))
  clock.advance(7_200_000)
  // Those that are left for a day alone.
  if (!isOver) recording['two hours later'] = await left(filled)
  return recording
}

const OPTIONS = {
  'usual options': { saveUninitialized: false },
  'a cookie that expires': { saveUninitialized: false, cookie: { maxAge: 60_000 } },
  'rolling and saving': { saveUninitialized: true, rolling: true, cookie: { maxAge: 60_000 } }
}

const HANDLERS = {
  'not looked at': () => {},
  read: ({ session }) => plain(session),
  changed: ({ session }) => {
    session.more = 1
  },
  'its path set': ({ session }) => {
    session.cookie.path = '/path'
  },
  saved: ({ session }) => new Promise((resolve) => session.save(resolve)),
  regenerated: ({ session }) => new Promise((resolve) => session.regenerate(resolve))
}

// Those that are about the expiry.
const EXPIRY_HANDLERS = {
  'its maxAge set': ({ session }) => {
    session.cookie.maxAge = 5000
  },
  'its expiry set': ({ session }) => {
    session.cookie.expires = new Date(START + 3_600_000)
  }
}

const nothing = () => {}

// When it is changed. Each function gives what takes the change back.
const PERIODS = {
  'for the whole request': { start: (change) => change(), handler: (change, undo) => undo },
  'until the handler': {
    start: (change) => change(),
    handler(change, undo) {
      undo()
      return nothing
    }
  },
  'from the handler on': { start: () => nothing, handler: (change) => change() }
}

/**
 * @param {object} session The provider.
 * @param {object} play As for `methods`.
 */
async function requests(session, { change, clock, isOver = false, expires = true }) {
  const recording = {}
  clock.advance(START - Date.now())
  const handlers = expires ? { ...HANDLERS, ...EXPIRY_HANDLERS } : HANDLERS
  for (const [label, options] of Object.entries(OPTIONS)) {
    if (!expires && options.cookie) continue
    for (const [what, act] of Object.entries(handlers)) {
      for (const [when, period] of Object.entries(PERIODS)) {
        for (const [who, request] of Object.entries({ fresh: {}, known: returning() })) {
          const site = open(session, { memory: true, options })
          const { maxAge = null } = options.cookie ?? {}
          const cookie = new session.Cookie({ maxAge })
          await new Promise((resolve) =>
            site.store.set('known', { cookie, user: 'tobi', at: new Date(START) }, resolve)
          )
          let undo = () => {}
          const handle = async (req, res, log) => {
            undo = period.handler(change, undo)
            log.add('look', await act(req))
            res.end('body')
          }
          undo = period.start(change)
          const visit = await site.visit({ ...request, handle }).finally(() => undo())
          // And when all is as it was, a request like any other.
          const next = await site.visit({
            ...request,
            handle: (req, res) => res.end(req.session.user)
          })
          clock.advance(500)
          const key = `${label}, ${what}, ${when}, ${who}`
          recording[key] = [visit, next]
          if (!isOver) recording[key].push(await left(site.store))
        }
      }
    }
  }
  return recording
}

module.exports = { during, methods, requests }
