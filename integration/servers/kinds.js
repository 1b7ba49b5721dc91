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
      ...['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'no']
    ],
    ready: /Ready to accept connections/
  },

  memcached: {
    programs: ['memcached'],
    // It says that it listens only if it is asked to talk.
    command: ({ port, programs }) => [
      ...[programs.memcached, '-vv', '-l', '127.0.0.1', '-p', `${port}`, '-U', '0', '-m', '16']
    ],
    ready: /server listening/
  },

  postgresql: {
    programs: ['initdb', 'postgres'],
    // Debian keeps them out of PATH.
    folders: ['/usr/lib/postgresql'],
    prepare: ({ folder, programs }) => [
      programs.initdb,
      ...['-D', join(folder, 'data'), '-U', 'tester', '--auth=trust', '--no-sync'],
      ...['--encoding=UTF8', '--locale=C']
    ],
    command: ({ folder, port, programs }) => [
      programs.postgres,
      ...['-D', join(folder, 'data'), '-p', `${port}`, '-h', '127.0.0.1', '-k', folder],
      ...['-c', 'fsync=off', '-c', 'timezone=UTC', '-c', 'lc_messages=C']
    ],
    ready: /database system is ready to accept connections/,
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
        ...['--no-defaults', `--datadir=${join(folder, 'data')}`, '--skip-test-db'],
        '--auth-root-authentication-method=normal'
      ]
    },
    command: ({ folder, port, programs }) => [
      programs.mariadbd,
      ...['--no-defaults', `--datadir=${join(folder, 'data')}`, `--port=${port}`],
      ...['--bind-address=127.0.0.1', '--skip-name-resolve', `--socket=${join(folder, 'socket')}`],
      ...[`--pid-file=${join(folder, 'pid')}`, `--init-file=${join(folder, 'init.sql')}`],
      ...['--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=0']
    ],
    ready: /ready for connections/
  }
}

module.exports = { kinds }
