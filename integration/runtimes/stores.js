'use strict'

/**
 * The stores that are tried: those that this package has in Rust, and one as people write their own.
 * Each gives a new store and a function that tells, as one JSON text per session id, what is in it.
 */
const kinds = {
  MemoryStore({ MemoryStore }) {
    const store = new MemoryStore()
    return { store, contents: () => ({ ...store.sessions }) }
  },

  'a store in JavaScript'({ Store }) {
    class MapStore extends Store {
      rows = new Map()
      calls = []

      get(sid, callback) {
        this.#answer('get', sid, undefined, callback, () => {
          const text = this.rows.get(sid)
          return text && JSON.parse(text)
        })
      }

      set(sid, session, callback) {
        const text = JSON.stringify(session)
        this.#answer('set', sid, text, callback, () => void this.rows.set(sid, text))
      }

      touch(sid, session, callback) {
        this.#answer('touch', sid, JSON.stringify(session.cookie), callback, () => {
          const row = this.rows.get(sid)
          if (!row) return
          this.rows.set(sid, JSON.stringify({ ...JSON.parse(row), cookie: session.cookie }))
        })
      }

      destroy(sid, callback) {
        this.#answer('destroy', sid, undefined, callback, () => void this.rows.delete(sid))
      }

      #answer(method, sid, text, callback, work) {
        this.calls.push([method, sid, text])
        // A database answers later.
        setImmediate(() => {
          const result = work()
          callback?.(null, result)
        })
      }
    }

    const store = new MapStore()
    return { store, contents: () => Object.fromEntries(store.rows), calls: store.calls }
  }
}

module.exports = { kinds }
