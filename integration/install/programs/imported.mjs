import { createRequire } from 'node:module'
import session, { Store, MemoryStore, Cookie, Session } from 'express-session'
import DeepStore from 'express-session/session/store.js'
import DeepMemory from 'express-session/session/memory.js'
import DeepCookie from 'express-session/session/cookie.js'
import DeepSession from 'express-session/session/session.js'
import visit from './visit.mjs'

// Importing JSON is not the same in all versions of Node.
const { name, version } = createRequire(import.meta.url)('express-session/package.json')
const same = {
  store: DeepStore === Store && Store === session.Store,
  memory: DeepMemory === MemoryStore && MemoryStore === session.MemoryStore,
  cookie: DeepCookie === Cookie && Cookie === session.Cookie,
  session: DeepSession === Session && Session === session.Session
}
const store = new MemoryStore()
const answers = await visit(
  session({ secret: 's', resave: false, saveUninitialized: false, store })
)

const { engine } = session
console.log(JSON.stringify({ engine, name, version, same, answers }))
