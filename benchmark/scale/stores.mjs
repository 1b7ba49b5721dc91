/**
 * The stores whose growth is measured. Each is made by `make(options)`; `session` makes the
 * middleware, `Cookie` what sessions have as their cookie.
 *
 * `nothing` keeps nothing: with it one sees what the measuring itself does, and the machine.
 */
const makers = {
  async nothing() {
    const { default: session } = await import('express-session')
    class Nothing extends session.Store {
      get(sid, callback) {
        setImmediate(callback)
      }
      set(sid, data, callback) {
        JSON.stringify(data)
        setImmediate(callback)
      }
      touch(sid, data, callback) {
        setImmediate(callback)
      }
      length(callback) {
        setImmediate(callback, null, 0)
      }
    }
    return { session, make: () => new Nothing() }
  },
  async 'express-session'() {
    const { default: session } = await import('express-session')
    return { session, make: () => new session.MemoryStore() }
  },
  async memorystore() {
    const { default: session } = await import('express-session')
    const { default: memorystore } = await import('memorystore')
    const MemoryStore = memorystore(session)
    // It looks for expired sessions when it is told to, as its own timer would.
    return { session, make: () => new MemoryStore(), prune: (store) => store.prune() }
  },
  async ours() {
    const { default: session } = await import('../../index.js')
    return { session, make: (options) => new session.MemoryStore(options) }
  }
}

export const storeNames = Object.keys(makers)

/** @returns {Promise<{ session: Function, make: Function, prune?: Function }>} */
export function storeMaker(name) {
  return makers[name]()
}
