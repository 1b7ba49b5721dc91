'use strict'

const session = require('express-session')
const { name, version } = require('express-session/package.json')

async function main() {
  const { default: visit } = await import('./visit.mjs')
  const same = {
    store: require('express-session/session/store') === session.Store,
    memory: require('express-session/session/memory') === session.MemoryStore,
    cookie: require('express-session/session/cookie.js') === session.Cookie,
    session: require('express-session/session/session.js') === session.Session
  }
  const answers = await visit(session({ secret: 's', resave: false, saveUninitialized: false }))

  const { engine } = session
  console.log(JSON.stringify({ engine, name, version, same, answers }))
}

main()
