'use strict'

const sequelizeStore = require('connect-session-sequelize')
const { Sequelize } = require('sequelize')

async function open(session, { port }) {
  const db = new Sequelize('postgres', 'tester', '', {
    dialect: 'postgres',
    host: '127.0.0.1',
    port,
    logging: false
  })
  const SequelizeStore = sequelizeStore(session.Store)
  const store = new SequelizeStore({ db, checkExpirationInterval: 0 })
  await store.sync({ force: true })

  return {
    store,
    // It gives expired sessions away until they are removed, which it does now and then.
    sweep: () => store.clearExpiredSessions(),
    async contents() {
      const [rows] = await db.query('SELECT sid, expires, data FROM "Sessions" ORDER BY sid')
      return rows
    }
  }
}

module.exports = { server: 'postgresql', keepsWhenStopped: true, open }
