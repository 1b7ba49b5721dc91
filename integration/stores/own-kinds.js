'use strict'

const { EventEmitter } = require('node:events')
const { inherits } = require('node:util')
const session = require('express-session')

// The ways in which stores are written that are not on npm: each is what some application has in a
// file of its own.

const isExpired = ({ cookie }) => cookie.expires && Date.parse(cookie.expires) <= Date.now()

/** A place for texts that answers later, and not at all while it is "down". */
class Shelf {
  texts = new Map()
  down = false

  async use(work) {
    await new Promise(setImmediate)
    if (this.down) throw Object.assign(new Error('the shelf is out of reach'), { code: 'EDOWN' })
    return work(this.texts)
  }

  read(sid) {
    return this.use((texts) => {
      const found = texts.has(sid) ? JSON.parse(texts.get(sid)) : undefined
      return found && !isExpired(found) ? found : undefined
    })
  }

  write(sid, data) {
    const text = JSON.stringify(data)
    return this.use((texts) => void texts.set(sid, text))
  }

  remove(sid) {
    return this.use((texts) => void texts.delete(sid))
  }

  count() {
    return this.use((texts) => texts.size)
  }
}

function calling(promise, callback) {
  promise.then((result) => callback?.(null, result), callback ?? (() => {}))
}

/** A factory that takes the module, with a constructor that sets its prototype by hand. */
function factory({ Store }) {
  function FactoryStore(shelf) {
    Store.call(this, {})
    this.shelf = shelf
  }
  Object.setPrototypeOf(FactoryStore.prototype, Store.prototype)
  FactoryStore.prototype.get = function (sid, done) {
    calling(this.shelf.read(sid), done)
  }
  FactoryStore.prototype.set = function (sid, data, done) {
    calling(this.shelf.write(sid, data), done)
  }
  FactoryStore.prototype.destroy = function (sid, done) {
    calling(this.shelf.remove(sid), done)
  }
  FactoryStore.prototype.touch = function (sid, data, done) {
    calling(this.shelf.write(sid, data), done)
  }
  return FactoryStore
}

/** `util.inherits`, and no call of the parent's constructor: no `touch` either. */
function InheritingStore(shelf) {
  this.shelf = shelf
}
inherits(InheritingStore, session.Store)
InheritingStore.prototype.get = function (sid, done) {
  calling(this.shelf.read(sid), done)
}
InheritingStore.prototype.set = function (sid, data, done) {
  calling(this.shelf.write(sid, data), done)
}
InheritingStore.prototype.destroy = function (sid, done) {
  calling(this.shelf.remove(sid), done)
}

/** A class with private members that says when it is connected. */
class ClassStore extends session.Store {
  #shelf

  constructor(shelf) {
    super()
    this.#shelf = shelf
  }

  get = (sid, done) => calling(this.#shelf.read(sid), done)
  set = (sid, data, done) => calling(this.#shelf.write(sid, data), done)
  destroy = (sid, done) => calling(this.#shelf.remove(sid), done)
  touch = (sid, data, done) => calling(this.#shelf.write(sid, data), done)
  length = (done) => calling(this.#shelf.count(), done)
}

/** Async methods that call back and return promises as well. */
class PromiseStore extends session.Store {
  constructor(shelf) {
    super()
    this.shelf = shelf
  }

  async get(sid, done) {
    return answered(this.shelf.read(sid), done)
  }

  async set(sid, data, done) {
    return answered(this.shelf.write(sid, data), done)
  }

  async destroy(sid, done) {
    return answered(this.shelf.remove(sid), done)
  }

  async touch(sid, data, done) {
    return answered(this.shelf.write(sid, data), done)
  }

  async all(done) {
    const parsed = (texts) => [...texts.values()].map((text) => JSON.parse(text))
    return answered(this.shelf.use(parsed), done)
  }
}

async function answered(promise, done) {
  try {
    const result = await promise
    done?.(null, result)
    return result
  } catch (error) {
    done?.(error)
  }
}

/** No relative of Store: just an emitter that has been given Store's methods. */
class BorrowingStore extends EventEmitter {
  constructor(shelf) {
    super()
    Object.assign(this, factory({ Store: EventEmitter }).prototype, session.Store.prototype, {
      shelf
    })
  }
}

function kind(make, { announces = false, ...traits } = {}) {
  async function open() {
    const shelf = new Shelf()
    const store = make(shelf)
    return {
      store,
      contents: async () => [...shelf.texts].toSorted(([one], [other]) => (one < other ? -1 : 1)),
      async down() {
        shelf.down = true
        if (announces) store.emit('disconnect')
      },
      async up() {
        shelf.down = false
        if (announces) store.emit('connect')
      }
    }
  }
  return { keepsWhenStopped: true, ...traits, open }
}

module.exports = {
  'own factory taking the module': kind((shelf) => new (factory(session))(shelf)),
  'own store by util.inherits': kind((shelf) => new InheritingStore(shelf), {
    hasNoTouch: true
  }),
  'own class that announces disconnects': kind((shelf) => new ClassStore(shelf), {
    announces: true
  }),
  'own promise-returning store': kind((shelf) => new PromiseStore(shelf)),
  'own emitter with borrowed methods': kind((shelf) => new BorrowingStore(shelf), {
    borrows: true
  })
}
