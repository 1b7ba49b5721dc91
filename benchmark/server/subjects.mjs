import { makeStore } from './stores.mjs'

/**
 * What is measured. Each makes `{ session, store, Cookie }`: the middleware, and what is needed to
 * put sessions into its store. Without a store, clients have to log in to get a session.
 */

export const secret = 'a secret of at least thirty-two characters'

const makers = {
  none: () => ({}),
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
    return { session: cookieSession({ keys: [secret], ...options.cookie }) }
  },
  '@fastify/session': async ({ options }) => {
    const { default: cookie } = await import('@fastify/cookie')
    const { default: session } = await import('@fastify/session')
    const cookieOptions = { secure: false, ...options.cookie }
    const register = async (app) => {
      await app.register(cookie)
      await app.register(session, { secret, rolling: false, ...options, cookie: cookieOptions })
    }
    return { session: register }
  }
}

/** @param {string} name Of a subject, or `build:` and the folder of another build of this package. */
export async function makeSubject(name, scenario) {
  if (name.startsWith('build:')) return expressSession(`${name.slice(6)}/index.js`, scenario)
  return makers[name](scenario)
}

/** These send the cookie with every response that changes the session. */
const setCookieAtChange = new Set(['cookie-session', '@fastify/session'])

/** Whether a response has to set a cookie. */
export function setsCookie(subject, scenarioName, scenario) {
  if (subject === 'none') return false
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
