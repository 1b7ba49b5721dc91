// The contract of session stores.
import { MemoryStore } from 'express-session'
import { contract, storeSuite } from 'express-session/testing.js'

const it = Object.assign((_name: string, _test: () => Promise<void>) => {}, { skip() {} })
storeSuite({
  name: 'MemoryStore',
  create: () => new MemoryStore(),
  dispose: (store: MemoryStore) => store.close(),
  except: { 'late-save': 'keeps them' },
  beyond: false,
  describe: (_name, suite) => suite(),
  it
})
// @ts-expect-error: a store is needed
storeSuite({ name: 'none' })
export const ids: string[] = contract.map(({ id }) => id)
