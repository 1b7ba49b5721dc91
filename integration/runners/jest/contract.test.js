'use strict'

// The contract of session stores, which comes with this package alone.

const { PACKAGE } = process.env

if (PACKAGE === 'express-session') {
  test.skip('express-session has no contract', () => {})
} else {
  const { MemoryStore } = require(PACKAGE)
  const { storeSuite } = require(`${PACKAGE}/testing.js`)
  storeSuite({
    name: 'MemoryStore',
    create: () => new MemoryStore({ lateSaves: 'drop' }),
    dispose: (store) => store.close()
  })
}
