'use strict'

const { promisify } = require('node:util')
const pgSimple = require('connect-pg-simple')
const { Pool } = require('pg')

async function open(session, { port }) {
  const pool = new Pool({ host: '127.0.0.1', port, user: 'tester', database: 'postgres' })
  // Idle connections end with the server.
  pool.on('error', () => {})
  await pool.query('DROP TABLE IF EXISTS session')
  const PgStore = pgSimple(session)
  const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  // It makes the table when it is used first.
  await promisify(store.get.bind(store))('no such id')

  return {
    store,
    async contents() {
      const { rows } = await pool.query('SELECT sid, sess::text, expire FROM session ORDER BY sid')
      return rows
    }
  }
}

module.exports = { server: 'postgresql', keepsWhenStopped: true, open }
