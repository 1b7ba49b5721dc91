'use strict'

const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')
const fileStore = require('session-file-store')

async function open(session, { folder }) {
  const FileStore = fileStore(session)
  const read = (file) => [file, readFileSync(join(folder, file), 'utf8')]
  return {
    store: new FileStore({ path: folder, retries: 0, reapInterval: -1, logFn() {} }),
    contents: async () => readdirSync(folder).toSorted().map(read)
  }
}

module.exports = { open }
