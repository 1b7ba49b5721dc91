import { makeStore } from './stores.mjs'

/**
 * What is measured. Each makes `{ session, store, Cookie, logsIn }`: the middleware, and what is needed
 * to put sessions into its store, or `logsIn` if clients can get one only by logging in.
 */

export const secret = 'a secret of at least thirty-two characters'

const makers = {
  none: () => ({}),
  'empty middleware': () => ({ session: emptyMiddleware }),
  'express-session': async (scenario) => expressSession('express-session', scenario),
  ours: async (scenario) => expressSession('../../index.js', scenario),
  memorystore: async (scenario) => {
    const { default: session } = await import('express-session')
    const { default: memorystore } = await import('memorystore')
    const MemoryStore = memorystore(session)
    const day = 24 * 60 * 60 * 1000
    return withStore(session, new MemoryStore({ checkPeriod: day }), scenario)
  },
  'cookie-session': async ({ options }) => {
    const { default: cookieSession } = await import('cookie-session')
    return { session: cookieSession({ keys: [secret], ...options.cookie }), logsIn: true }
  },
  '@fastify/session': async ({ options }) => {
    const { default: cookie } = await import('@fastify/cookie')
    const { default: session } = await import('@fastify/session')
    const cookieOptions = { secure: false, ...options.cookie }
    const register = async (app) => {
      await app.register(cookie)
      await app.register(session, { secret, rolling: false, ...options, cookie: cookieOptions })
    }
    return { session: register, logsIn: true }
  }
}

/** @param {string} name Of a subject, or `build:` and the folder of another build of this package. */
export async function makeSubject(name, scenario) {
  if (name.startsWith('build:')) return expressSession(`${name.slice(6)}/index.js`, scenario)
  return makers[name](scenario)
}

/** What it costs at least to have one: it gives every request the same user. */
function emptyMiddleware(req, res, next) {
  req.session = { user: { name: 'ada' } }
  next()
}

/** These send the cookie with every response that changes the session. */
const setCookieAtChange = new Set(['cookie-session', '@fastify/session'])

/** Whether a response has to set a cookie. */
export function setsCookie(subject, scenarioName, scenario) {
  if (subject === 'none' || subject === 'empty middleware') return false
  return scenario.setsCookie || (scenarioName === 'modify' && setCookieAtChange.has(subject))
}

/** The `Cookie` header's part with a session id, as express-session signs it. */
export function signedCookie(id, createHmac) {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`
}

async function expressSession(specifier, scenario) {
  const { default: session } = await import(specifier)
  return withStore(session, makeStore(scenario.store, session.Store, session.MemoryStore), scenario)
}

function withStore(session, store, { options }) {
  return { session: session({ secret, store, ...options }), store, Cookie: session.Cookie }
}
