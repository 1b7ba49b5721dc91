'use strict'

const fc = require('fast-check')
const { nextTurn } = require('./journal')
const { cookieMember, makeMembers, members } = require('./options')
const { make, pick, scalar, tagged, value, weighted } = require('./values')

// What applications do with a session. A step is a description; `SESSION_STEPS` carries it out.

const key = weighted(
  [8, pick('user', 'a', 'b')],
  [2, pick('0', '10', '1', '-1')],
  [1, pick('', 'ü', '\ud800', 'constructor', 'hasOwnProperty', 'toJSON', '__proto__')],
  [0.5, pick('save', 'touch', 'reload', 'req', 'id', 'cookie', 'resetMaxAge')]
)
const waiting = pick('wait', 'wait', 'callback', 'nothing')
const sid = weighted(
  [3, tagged('text', pick('known', 'id1', 'id9', 'other', '1'))],
  [1, scalar],
  [0.3, pick(['object', []], ['symbol'])]
)
const foreign = weighted(
  [3, pick(['undefined'], ['plain', null])],
  [1, pick(['plain', false], ['number', 0], ['text', ''], ['number', 1], ['text', 'x'])],
  [1, tagged('object', fc.constant([]))],
  [1, tagged('object', pick([['a', ['number', 1]]], [['cookie', ['object', []]]]))],
  [0.5, pick(['map'], ['no prototype'])]
)

const sessionStep = weighted(
  [10, tagged('set', key, value)],
  [3, tagged('delete', key)],
  [3, tagged('nested', scalar)],
  [1, tagged('define', key, pick('hidden', 'fixed', 'getter', 'own'), scalar)],
  [5, tagged('save', waiting)],
  [4, tagged('reload', waiting)],
  [5, tagged('regenerate', waiting)],
  [4, tagged('destroy', waiting)],
  [2, tagged('touch', pick('touch', 'resetMaxAge'))],
  [3, tagged('assign', foreign)],
  [2, tagged('remove', pick('session', 'sessionID', 'sessionStore'))],
  [3, tagged('id', sid)],
  [5, tagged('cookie', cookieMember)],
  [
    1,
    tagged('cookie is', weighted([2, tagged('members', members)], [2, tagged('value', foreign)]))
  ],
  [0.5, tagged('freeze', pick('session', 'cookie'))],
  [2, tagged('keep')],
  [2, tagged('restore')],
  [1, tagged('on kept', pick('save', 'reload', 'destroy', 'touch', 'regenerate'), waiting)],
  [0.5, tagged('new session', pick('data', 'none'))],
  [1, tagged('generate')],
  [
    2,
    tagged('store', pick('load', 'all', 'length', 'clear', 'destroy', 'get'), pick('known', 'id1'))
  ],
  [0.5, tagged('store write', pick('set', 'touch'), pick('known', 'id1', 'id7'))],
  [1, tagged('again')],
  [0.5, tagged('emit', pick('disconnect', 'connect'))],
  [0.7, tagged('override', pick('save', 'touch', 'reload', 'regenerate'))],
  [1, tagged('turn')],
  [1, tagged('look')]
)

const DEFINITIONS = {
  hidden: (given) => ({ value: given, enumerable: false, writable: true, configurable: true }),
  fixed: (given) => ({ value: given, enumerable: true }),
  getter: (given) => ({ get: () => given, enumerable: true, configurable: true }),
  own: (given) => ({ value: given, enumerable: true, writable: true, configurable: true })
}

// Calls a method that takes a callback, in one of the ways in which it is called.
function withCallback(play, label, mode, call) {
  if (mode === 'nothing') {
    const returned = call()
    return play.loose ? nextTurn() : returned
  }
  // What comes between a call and its callback depends on turns of the event loop.
  if (mode === 'callback' && !play.loose) return call((...args) => play.calledBack(label, args))
  return new Promise((resolve, reject) => {
    try {
      const returned = call((...args) => {
        play.calledBack(label, args)
        resolve()
      })
      play.note('returned', label, play.named(returned))
    } catch (error) {
      reject(error)
    }
  })
}

const onSession = (method) => (play, mode) =>
  withCallback(play, method, mode, (...args) => play.req.session[method](...args))

const holdsNull = ({ sessions }) =>
  sessions !== undefined && Object.keys(sessions).some((id) => sessions[id] === 'null')

const SESSION_STEPS = {
  set: ({ req }, name, given) => {
    req.session[name] = make(given, req)
  },
  delete: ({ req }, name) => delete req.session[name],
  nested: ({ req }, given) => {
    req.session.nested ??= { list: [] }
    req.session.nested.list.push(make(given, req))
  },
  define: ({ req }, name, how, given) => {
    Object.defineProperty(req.session, name, DEFINITIONS[how](make(given, req)))
  },
  save: onSession('save'),
  reload: onSession('reload'),
  regenerate: onSession('regenerate'),
  destroy: onSession('destroy'),
  touch: ({ req }, method) => req.session[method](),
  assign: ({ req }, given) => {
    req.session = make(given, req)
  },
  remove: ({ req }, name) => delete req[name],
  id: ({ req }, given) => {
    req.sessionID = make(given, req)
  },
  cookie: ({ req }, [name, given]) => {
    req.session.cookie[name] = make(given, req)
  },
  'cookie is': ({ req, session }, [how, given]) => {
    req.session.cookie = how === 'value' ? make(given, req) : new session.Cookie(makeMembers(given))
  },
  freeze: ({ req }, which) => {
    Object.freeze(which === 'cookie' ? req.session.cookie : req.session)
  },
  keep: (play) => {
    play.kept = play.req.session
  },
  restore: (play) => {
    play.req.session = play.kept
  },
  'on kept': (play, method, mode) =>
    withCallback(play, `kept ${method}`, mode, (...args) => play.kept[method](...args)),
  'new session': ({ req, session }, how) => {
    const data = how === 'data' ? { user: 'new', cookie: new session.Cookie() } : undefined
    req.session = new session.Session(req, data)
  },
  generate: ({ req, store }) => store.generate(req),
  store: (play, method, id) => {
    // Ours does not find out that there is one which it cannot read, as it looks at none to count them.
    if (method === 'length' && holdsNull(play.store)) method = 'all'
    const args = ['all', 'length', 'clear'].includes(method) ? [] : [id]
    return withCallback(play, `store ${method}`, 'wait', (callback) =>
      play.store[method](...args, callback)
    )
  },
  'store write': (play, method, id) =>
    withCallback(play, `store ${method}`, 'wait', (callback) =>
      play.store[method](id, play.req.session, callback)
    ),
  again: async (play) => {
    if (play.loose) await nextTurn()
    await new Promise((resolve, reject) => {
      try {
        play.middleware(play.req, play.res, (...args) => {
          play.calledBack('middleware', args)
          resolve()
        })
      } catch (error) {
        reject(error)
      }
    })
  },
  emit: ({ store }, event) => store.emit(event),
  override: (play, method) => {
    const { session } = play.req
    const original = session[method]
    session[method] = function (...args) {
      play.note(`own ${method}`, args.length, this === session)
      return original.apply(this, args)
    }
  },
  turn: () => nextTurn(),
  look: (play) => play.look()
}

module.exports = { SESSION_STEPS, sessionStep }
