'use strict'

const PACKAGES = [
  'connect-redis',
  'connect-pg-simple',
  'connect-session-sequelize',
  'express-mysql-session',
  'connect-memcached',
  'connect-session-knex',
  'better-sqlite3-session-store',
  'connect-typeorm',
  'session-file-store',
  'memorystore'
]

const names = () => [...PACKAGES, ...Object.keys(require('./own-kinds'))]

/**
 * How a store is opened and what can be expected of it:
 *
 * - `server`: the kind of server it needs, if any.
 * - `open(session, { folder, port })`: gives the `store` and `contents(ids)`, what is stored as the
 *   server or the disk has it. `seesDown` and `seesUp` wait until the store's client has noticed that
 *   the server is gone or back; `down` and `up` are for stores that have no server to stop.
 *   `sweep` removes what has expired, where the store would do that only now and then.
 * - `keepsWhenStopped`: whether sessions are still there afterwards.
 * - `keepsDestroyed`: whether what it stores still mentions sessions that were destroyed.
 * - `borrows`: that it is no instance of express-session's Store.
 * - `hasNoTouch`: that nothing of it can be touched.
 * - `failsInVariousWays`: that its errors while the server is down depend on the moment.
 * - `lists`: the optional methods to be tried, if not all of them.
 */
const storeNamed = (name) =>
  PACKAGES.includes(name) ? require(`./${name}`) : require('./own-kinds')[name]

module.exports = { names, storeNamed }
