'use strict'

module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  // Nothing here needs to be compiled.
  transform: {},
  // One process is enough, and no other work is held up by it.
  maxWorkers: 1
}
