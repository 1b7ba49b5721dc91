'use strict'

const { join } = require('node:path')
const { TypeormStore } = require('connect-typeorm')
const libsql = require('libsql')
const { DataSource, EntitySchema } = require('typeorm')

const Sessions = new EntitySchema({
  name: 'sessions',
  columns: {
    expiredAt: { type: 'bigint' },
    id: { type: 'varchar', length: 255, primary: true },
    json: { type: 'text' },
    destroyedAt: { type: 'datetime', deleteDate: true, nullable: true }
  }
})

async function open(session, { folder }) {
  const source = new DataSource({
    type: 'better-sqlite3',
    // Is used like better-sqlite3 and comes built, so that nothing has to be compiled.
    driver: libsql,
    database: join(folder, 'sessions.sqlite'),
    entities: [Sessions],
    synchronize: true
  })
  await source.initialize()
  return {
    store: new TypeormStore({ cleanupLimit: 0 }).connect(source.getRepository(Sessions)),
    contents: () => source.query('SELECT * FROM sessions ORDER BY id')
  }
}

// Rows of destroyed sessions stay, with the time of their end.
module.exports = { keepsDestroyed: true, open }
