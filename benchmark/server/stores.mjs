/**
 * Stores written in JavaScript, as those for databases are: they answer in a later turn of the event
 * loop, so that with them nothing but the middleware differs.
 *
 * @param {Function} Store What session stores inherit from in the package that is measured.
 */
export function makeStore(kind, Store, MemoryStore) {
  if (kind === 'memory') return new MemoryStore()

  class UntouchableStore extends Store {
    texts = new Map()

    get(sid, callback) {
      const text = this.texts.get(sid)
      setImmediate(callback, null, text && JSON.parse(text))
    }

    set(sid, session, callback) {
      this.texts.set(sid, JSON.stringify(session))
      if (callback) setImmediate(callback)
    }

    destroy(sid, callback) {
      this.texts.delete(sid)
      if (callback) setImmediate(callback)
    }

    clear(callback) {
      this.texts.clear()
      if (callback) setImmediate(callback)
    }
  }

  class TouchableStore extends UntouchableStore {
    touch(sid, session, callback) {
      const text = this.texts.get(sid)
      if (text) {
        const data = JSON.parse(text)
        data.cookie = session.cookie
        this.texts.set(sid, JSON.stringify(data))
      }
      if (callback) setImmediate(callback)
    }
  }

  return kind === 'touchable' ? new TouchableStore() : new UntouchableStore()
}
