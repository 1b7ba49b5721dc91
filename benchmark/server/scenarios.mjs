/**
 * What a client asks for and what the application does with the session. Everything that is not
 * said here is the same in all scenarios.
 *
 * - `options`: of the middleware, besides the secret.
 * - `isMember`: the client has a session. A guest sends its other cookies only.
 * - `act(req, answer)`: the handler; answers with the user's name, or with undefined if the session
 *   is not what it has to be, which makes the response a failure.
 * - `setsCookie`: whether the response must have a `Set-Cookie`.
 * - `bytes`: about how long a session's JSON is.
 * - `store`: `memory` (the package's own), or one written in JavaScript.
 * - `usesUp`: a session serves one request only, so there have to be many.
 */

const quiet = { resave: false, saveUninitialized: false }
const day = { maxAge: 24 * 60 * 60 * 1000 }
const small = 200

const base = { options: quiet, isMember: true, setsCookie: false, bytes: small, store: 'memory' }

const read = (req, answer) => answer(req.session.user?.name)

function modify(req, answer) {
  req.session.views = (req.session.views ?? 0) + 1
  read(req, answer)
}

function login(req, answer) {
  req.session.user = userData()
  read(req, answer)
}

function destroy(req, answer) {
  const name = req.session.user?.name
  req.session.destroy((error) => answer(error ? undefined : name))
}

function regenerate(req, answer) {
  const { user } = req.session
  req.session.regenerate((error) => {
    req.session.user = user
    answer(error ? undefined : user?.name)
  })
}

export const scenarios = {
  untouched: { ...base, act: (req, answer) => answer('ada') },
  read: { ...base, act: read },
  modify: { ...base, act: modify },
  guest: { ...base, isMember: false, act: (req, answer) => answer('ada') },
  login: { ...base, isMember: false, setsCookie: true, act: login },
  'read-maxage': { ...base, options: { ...quiet, cookie: day }, act: read },
  rolling: {
    ...base,
    options: { ...quiet, cookie: day, rolling: true },
    setsCookie: true,
    act: read
  },
  defaults: { ...base, options: {}, act: read },
  destroy: { ...base, usesUp: true, act: destroy },
  regenerate: { ...base, usesUp: true, setsCookie: true, act: regenerate },
  'jsstore-read': { ...base, store: 'untouchable', act: read },
  'jsstore-modify': { ...base, store: 'touchable', act: modify },
  'jsstore-touch': {
    ...base,
    store: 'touchable',
    options: { ...quiet, cookie: day },
    act: read
  },
  'read-4k': { ...base, bytes: 4096, act: read },
  'modify-4k': { ...base, bytes: 4096, act: modify },
  'read-64k': { ...base, bytes: 65_536, act: read },
  'modify-64k': { ...base, bytes: 65_536, act: modify }
}

/** The ones that say most, for a short run. */
export const keyScenarios = [
  'untouched',
  'read',
  'modify',
  'guest',
  'login',
  'rolling',
  'jsstore-touch'
]

/** The ones that other kinds of sessions can serve too. */
export const peerScenarios = ['read', 'modify', 'guest', 'login']

/** A session's data whose JSON, with that of a cookie, is about `bytes` long. */
export function sessionData(bytes) {
  const data = { user: userData(), views: 1 }
  const cookieLength = 80
  const room = bytes - cookieLength - JSON.stringify(data).length
  const item = { id: 10_001, name: 'Wool blanket, grey', quantity: 2, price: 49.5, gift: false }
  const count = Math.floor(room / JSON.stringify(item).length)
  if (count > 0) data.cart = Array.from({ length: count }, (_, n) => ({ ...item, id: 10_001 + n }))
  return data
}

function userData() {
  return { id: 4711, name: 'ada', email: 'ada@example.com', roles: ['editor', 'author'] }
}
