'use strict'

/**
 * A store whose methods fail in the way they are told to, and otherwise answer in a later turn of the
 * event loop. Each of `faults` is a function of the method's usual work and its callback.
 *
 * @param {Record<string, (usual: () => unknown[], callback: Function, held: Function[]) => void>} faults
 *   By method. Callbacks that are put into `held` are for the test to call.
 */
function faultyStore(faults) {
  return (session, journal) => {
    const store = new session.Store()
    const kept = new Map([['known', JSON.stringify(knownSession())]])
    store.held = []
    store.kept = kept

    const method = (name, work) => {
      store[name] = (...args) => {
        journal.push([`store.${name}`, args[0]])
        const callback = args.at(-1)
        const usual = () => work(...args)
        if (faults[name]) faults[name](usual, callback, store.held)
        else setImmediate(() => callback(...usual()))
      }
    }
    method('get', (id) => [null, kept.has(id) ? JSON.parse(kept.get(id)) : undefined])
    method('set', (id, data) => {
      kept.set(id, JSON.stringify(data))
      return []
    })
    method('touch', () => [])
    method('destroy', (id) => {
      kept.delete(id)
      return []
    })
    return store
  }
}

function knownSession() {
  return { cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, n: 1 }
}

/** What a fault is. */
const Fault = {
  never: () => {},
  held: (usual, callback, held) => held.push(() => callback(...usual())),
  throws: () => {
    throw new Error('thrown by the store')
  },
  fails: (usual, callback) => setImmediate(callback, new Error('told by the store')),
  'fails at once': (usual, callback) => callback(new Error('told by the store')),
  'answers twice': (usual, callback) =>
    setImmediate(() => {
      const answer = usual()
      callback(...answer)
      callback(...answer)
    }),
  'answers twice, the second time later': (usual, callback) =>
    setImmediate(() => {
      callback(...usual())
      setImmediate(() => callback(...usual()))
    }),
  'answers, then fails': (usual, callback) =>
    setImmediate(() => {
      callback(...usual())
      callback(new Error('told by the store'))
    }),
  'throws after its answer': (usual, callback) =>
    setImmediate(() => {
      callback(...usual())
      throw new Error('thrown after the answer')
    }),
  'throws instead of an answer': () =>
    setImmediate(() => {
      throw new Error('thrown in the callback')
    }),
  'rejects after its answer': async (usual, callback) => {
    await Promise.resolve()
    callback(...usual())
    throw new Error('rejected after the answer')
  }
}

module.exports = { Fault, faultyStore }
