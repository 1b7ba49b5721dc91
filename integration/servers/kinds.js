'use strict'

const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

/**
 * The servers behind the stores: which programs they are, how their folder is prepared, how they are
 * started, and what they say once they can be used. They keep what they are told when they are
 * stopped and started again, except memcached, which never does.
 */
const kinds = {
  redis: {
    programs: ['redis-server'],
    command: ({ folder, port, programs }) => [
      programs['redis-server'],
      ...options({ bind: '127.0.0.1', port, dir: folder }),
      ...options({ save: '', appendonly: 'yes', appendfsync: 'no' })
    ],
    ready: /Ready to accept connections/
  },

  memcached: {
    programs: ['memcached'],
    command: ({ port, programs }) => [
      programs.memcached,
      // It says that it listens only if it is asked to talk.
      '-vv',
      ...options({ listen: '127.0.0.1', port, 'udp-port': 0, 'memory-limit': 16 })
    ],
    ready: /server listening/
  },

  postgresql: {
    programs: ['initdb', 'postgres'],
    // Debian keeps them out of PATH.
    folders: ['/usr/lib/postgresql'],
    prepare: ({ folder, programs }) => [
      programs.initdb,
      '--no-sync',
      ...settings({ pgdata: join(folder, 'data'), username: 'tester', auth: 'trust' }),
      ...settings({ encoding: 'UTF8', locale: 'C' })
    ],
    command: ({ folder, port, programs }) => [
      programs.postgres,
      ...settings({ 'listen-addresses': '127.0.0.1', port, 'unix-socket-directories': '' }),
      ...settings({ fsync: 'off', timezone: 'UTC', 'lc-messages': 'C' }),
      // Last, as it wants single letters last.
      '-D',
      join(folder, 'data')
    ],
    ready: /database system is ready to accept connections/,
    // At once, without waiting until its clients have left.
    stopSignal: 'SIGINT'
  },

  mariadb: {
    programs: ['mariadbd', 'mariadb-install-db'],
    prepare({ folder, programs }) {
      // By name, a server that looks up no names lets nobody in over TCP.
      const statements = [
        'CREATE DATABASE IF NOT EXISTS tests',
        "CREATE USER IF NOT EXISTS 'tester'@'127.0.0.1'",
        "GRANT ALL ON tests.* TO 'tester'@'127.0.0.1'"
      ]
      writeFileSync(join(folder, 'init.sql'), statements.map((line) => `${line};\n`).join(''))
      return [
        programs['mariadb-install-db'],
        ...['no-defaults', 'skip-test-db'].map((name) => `--${name}`),
        ...settings({ datadir: join(folder, 'data') }),
        ...settings({ 'auth-root-authentication-method': 'normal' })
      ]
    },
    command: ({ folder, port, programs }) => [
      programs.mariadbd,
      ...['no-defaults', 'skip-name-resolve'].map((name) => `--${name}`),
      ...settings({ 'bind-address': '127.0.0.1', port, datadir: join(folder, 'data') }),
      ...settings({ socket: join(folder, 'socket'), 'pid-file': join(folder, 'pid') }),
      ...settings({ 'init-file': join(folder, 'init.sql') }),
      ...settings({ 'innodb-buffer-pool-size': '16M', 'innodb-flush-log-at-trx-commit': 0 })
    ],
    ready: /ready for connections/
  }
}

/** `--name value`, as some programs want it. */
function options(values) {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, `${value}`])
}

/** `--name=value`, as the others want it. */
function settings(values) {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}

module.exports = { kinds }
