'use strict'

const mysqlStore = require('express-mysql-session')
const mysql = require('mysql2/promise')

async function open(session, { port }) {
  const pool = mysql.createPool({ host: '127.0.0.1', port, user: 'tester', database: 'tests' })
  await pool.query('DROP TABLE IF EXISTS sessions')
  const MysqlStore = mysqlStore(session)
  const store = new MysqlStore({ clearExpired: false }, pool)
  await store.onReady()

  return {
    store,
    async contents() {
      const [rows] = await pool.query('SELECT * FROM sessions ORDER BY session_id')
      return rows.map((row) => Object.assign({}, row))
    }
  }
}

module.exports = { server: 'mariadb', keepsWhenStopped: true, open }
