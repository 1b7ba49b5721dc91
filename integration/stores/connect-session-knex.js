'use strict'

const { join } = require('node:path')
const { ConnectSessionKnexStore } = require('connect-session-knex')
const knex = require('knex')
const BetterSqlite = require('knex/lib/dialects/better-sqlite3')
const libsql = require('libsql')

// libsql is used like better-sqlite3 and comes built, so that nothing has to be compiled.
class Libsql extends BetterSqlite {
  _driver() {
    return libsql
  }
}

async function open(session, { folder }) {
  const db = knex({
    client: Libsql,
    connection: { filename: join(folder, 'sessions.sqlite') },
    useNullAsDefault: true
  })
  const store = new ConnectSessionKnexStore({ knex: db, cleanupInterval: 0 })
  await store.ready
  return { store, contents: () => db('sessions').select('*').orderBy('sid') }
}

module.exports = { open }
