'use strict'

const fc = require('fast-check')
const { KINDS } = require('../parity/stores')
const { make, pick, scalar, tagged, weighted } = require('./values')
const { makeMembers } = require('./options')

const START = 1893499200250

// Scenarios put something else in the place of these.
const { parse, stringify } = JSON

const stamp = (ms) => ['text', new Date(ms).toISOString()]
const storedExpires = weighted(
  [4, pick(['plain', null], stamp(START + 60_000), stamp(START + 1000))],
  [1, pick(stamp(START), stamp(START - 1), stamp(0), ['text', 'never'], ['undefined'])],
  [0.5, pick(['number', 1], ['number', 2e12], ['plain', false], ['plain', true], ['text', '2040'])]
)
const storedCookie = weighted(
  [
    8,
    tagged(
      'object',
      fc
        .record({
          originalMaxAge: pick(['plain', null], ['number', 60_000], ['number', 0], ['undefined']),
          expires: storedExpires,
          rest: fc.array(
            pick(
              ['httpOnly', ['plain', true]],
              ['path', ['text', '/']],
              ['secure', ['plain', true]],
              ['sameSite', ['text', 'lax']],
              ['extra', ['number', 1]],
              ['data', ['number', 1]]
            ),
            { maxLength: 3 }
          )
        })
        .map(({ originalMaxAge, expires, rest }) =>
          Object.entries({ originalMaxAge, expires }).concat(rest)
        )
    )
  ],
  [0.5, pick(['undefined'], ['plain', null], ['text', 'x'], ['number', 5])]
)
const dataMember = fc.tuple(
  weighted(
    [5, pick('user', 'a', 'b', '1', '0')],
    [1, pick('save', 'req', 'id', 'toJSON', 'constructor', '', 'ü', 'touch')]
  ),
  scalar
)
const stored = fc.tuple(
  storedCookie,
  fc.array(dataMember, { maxLength: 3 }),
  // Where the cookie is among the members.
  fc.boolean()
)
const preload = fc.array(fc.tuple(pick('known', 'other', '1', '__proto__', 'id1'), stored), {
  maxLength: 3
})

const when = weighted(
  [4, pick('sync')],
  [4, pick('immediate')],
  [2, pick('micro', 'tick', 'late', 'later')]
)
const what = weighted(
  [20, pick('usual')],
  [2, pick('error', 'ENOENT', 'twice', 'bare')],
  [1, pick('throw', 'never', 'throw later', 'throw after', 'then error', 'emit error')],
  [1, pick('no cookie', 'text data', 'list data', 'error and data', 'falsy error')]
)

const scripted = fc.record(
  {
    type: pick('scripted'),
    kind: weighted([6, pick('inherits', 'class')], [1, pick('create', 'emitter')]),
    touch: fc.boolean(),
    // One object for each session, which the caller may change, instead of a copy.
    live: weighted([4, pick(false)], [1, pick(true)]),
    // Whether its errors have a listener.
    heard: fc.boolean(),
    calls: fc.array(fc.tuple(when, what), { minLength: 1, maxLength: 5 }),
    preload
  },
  { noNullPrototype: true }
)
const memory = fc.record(
  {
    type: pick('memory'),
    // Methods that are replaced on the instance by ones that pass the call on.
    wrapped: weighted(
      [3, pick([])],
      [2, fc.subarray(['get', 'set', 'touch', 'destroy'], { minLength: 1 })]
    ),
    preload
  },
  { noNullPrototype: true }
)

const store = weighted([5, scripted], [2, memory])

function makeStored([cookieGiven, members, cookieFirst]) {
  const [tag, inner] = cookieGiven
  const cookie = tag === 'object' ? makeMembers(inner) : make(cookieGiven)
  return cookieFirst ? { cookie, ...makeMembers(members) } : { ...makeMembers(members), cookie }
}

const TIMES = {
  sync: (journal, work) => work(),
  micro: (journal, work) => queueMicrotask(work),
  tick: (journal, work) => process.nextTick(work),
  immediate: (journal, work) => journal.later(1, work),
  late: (journal, work) => journal.later(3, work),
  later: (journal, work) => journal.later(7, work)
}

function failure(code) {
  return Object.assign(new Error(`store says ${code}`), { code })
}

const RESULTS = {
  usual: (usual) => usual(),
  twice: (usual) => usual(),
  'throw after': (usual) => usual(),
  'then error': (usual) => usual(),
  'emit error': (usual) => usual(),
  error: () => [failure('EFAILED')],
  ENOENT: () => [failure('ENOENT')],
  'falsy error': (usual) => [0, ...usual().slice(1)],
  bare: () => [],
  'no cookie': () => [null, { user: 'tobi' }],
  'text data': () => [null, 'text'],
  'list data': () => [null, [1, 2]],
  'error and data': (usual) => [failure('EFAILED'), ...usual().slice(1)]
}

function text(value) {
  try {
    return stringify(value)
  } catch (error) {
    return error
  }
}

// How a provider calls its own callbacks is its own affair.
function shown(arg, index) {
  if (typeof arg === 'function') return `<callback of ${arg.length}>`
  return index === 1 ? text(arg) : arg
}

function makeScripted(session, journal, response, given) {
  const { kind, touch, live, heard, calls, preload: sessions } = given
  const store = KINDS[kind](session)
  const kept = new Map()
  for (const [id, description] of sessions) kept.set(id, stringify(makeStored(description)))
  const objects = new Map()
  let count = 0
  if (heard) store.on('error', (error) => journal.add('store', 'heard', error))

  function called(method, args, usual, self) {
    const [time, result] = calls[count++ % calls.length]
    journal.add('store', method, ...args.map(shown), self === store, response.headSent())
    if (result === 'throw') throw failure('ETHROWN')
    if (result === 'never') return undefined
    if (result === 'emit error') store.emit('error', failure('EMITTED'))
    const callback = args.at(-1)
    const answer = () => {
      if (result === 'throw later') throw failure('ETHROWN')
      const results = RESULTS[result](usual)
      journal.add('store', `${method} answers`)
      if (callback === undefined) return
      callback(...results)
      if (result === 'then error') callback(failure('ELATER'))
      if (result === 'throw after') throw failure('ETHROWN')
    }
    TIMES[time](journal, answer)
    if (result === 'twice') TIMES[time](journal, answer)
    return undefined
  }

  function read(id) {
    if (!kept.has(id)) return undefined
    if (!live) return parse(kept.get(id))
    if (!objects.has(id)) objects.set(id, parse(kept.get(id)))
    return objects.get(id)
  }

  Object.assign(store, {
    get(...args) {
      return called('get', args, () => [null, read(args[0])], this)
    },
    set(...args) {
      const saved = text(args[1])
      const write = () => {
        kept.set(args[0], saved)
        return []
      }
      return called('set', args, write, this)
    },
    destroy(...args) {
      const remove = () => {
        kept.delete(args[0])
        return []
      }
      return called('destroy', args, remove, this)
    }
  })
  if (touch) {
    store.touch = function (...args) {
      const renew = () => {
        const current = kept.has(args[0]) && parse(kept.get(args[0]))
        if (current) kept.set(args[0], text({ ...current, cookie: args[1]?.cookie }))
        return []
      }
      return called('touch', args, renew, this)
    }
  }
  // Which of two requests comes first is compared where it has to be the same: by the calls.
  return { store, contents: () => Array.from(kept).toSorted(byId) }
}

// Ids may be symbols.
const byId = ([a], [b]) => (String(a) < String(b) ? -1 : 1)

function makeMemory(session, journal, { wrapped, preload: sessions }) {
  const store = new session.MemoryStore()
  for (const [id, description] of sessions) {
    store.sessions[id] = stringify(makeStored(description))
  }
  for (const method of wrapped) {
    store[method] = function (...args) {
      journal.add('store', method, ...args.map(shown))
      return session.MemoryStore.prototype[method].apply(this, args)
    }
  }
  return { store, contents: () => unexpired(store.sessions) }
}

// Ours does not show the expired ones, and keeps no id without a text.
function unexpired(sessions) {
  return Object.keys(sessions)
    .toSorted()
    .map((id) => [id, sessions[id]])
    .filter(([, json]) => json !== undefined && !isExpired(json))
}

function isExpired(json) {
  // A codec of the scenario may have written it.
  const expires = parse(json.replace(/^x:/, ''))?.cookie?.expires
  return Boolean(expires) && new Date(expires) <= Date.now()
}

function makeStore(session, journal, response, given) {
  if (given.type === 'memory') return makeMemory(session, journal, given)
  return makeScripted(session, journal, response, given)
}

module.exports = { START, makeStore, store }
