// The contract of session stores, which comes with this package alone.

import { describe, it } from 'vitest'

const { PACKAGE } = process.env

if (PACKAGE === 'express-session') {
  it.skip('express-session has no contract', () => {})
} else {
  const { MemoryStore } = await import(PACKAGE)
  const { storeSuite } = await import(`${PACKAGE}/testing.js`)
  storeSuite({
    name: 'MemoryStore',
    create: () => new MemoryStore({ lateSaves: 'drop' }),
    dispose: (store) => store.close(),
    describe,
    it
  })
}
