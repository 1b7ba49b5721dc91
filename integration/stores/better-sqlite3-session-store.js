'use strict'

const { join } = require('node:path')
const sqliteStore = require('better-sqlite3-session-store')
// Is used like better-sqlite3 and comes built, so that nothing has to be compiled.
const Database = require('libsql')

async function open(session, { folder }) {
  const client = new Database(join(folder, 'sessions.sqlite'))
  const SqliteStore = sqliteStore(session)
  return {
    store: new SqliteStore({ client }),
    contents: async () => client.prepare('SELECT * FROM sessions ORDER BY sid').all()
  }
}

module.exports = { open }
