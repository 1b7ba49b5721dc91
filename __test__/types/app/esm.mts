import type { IncomingMessage } from 'node:http'
import express from 'express'
import session, { Cookie, MemoryStore, Session, Store } from 'express-session'
import * as namespace from 'express-session'

const store: Store = new MemoryStore()
const middleware: express.RequestHandler = session({ secret: 'secret', store })
const cookie: Cookie = new Cookie()

export function isSession(value: unknown): value is Session {
  return value instanceof Session
}

/** As with WebSockets: the middleware runs on a request that Express has not seen. */
export function userOf(request: IncomingMessage): Promise<string | undefined> {
  const req = request as express.Request

  return new Promise((resolve) => {
    middleware(req, {} as express.Response, () => resolve(req.session.user?.name))
  })
}

export const everything = [
  cookie.originalMaxAge,
  new namespace.MemoryStore(),
  session.Cookie === Cookie,
  express().use(middleware)
]
