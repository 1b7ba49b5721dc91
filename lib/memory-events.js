'use strict'

const timers = require('node:timers')
const native = require('./native')

/**
 * The events of a MemoryStore. The native library notes them, and only those somebody listens to;
 * they are fetched and emitted in later turns of the event loop, so that nothing a listener does holds
 * up whoever uses the store.
 */

const BITS = { create: 1, update: 2, destroy: 4, expire: 8, evict: 16 }
const WITH_DATA = 128
/** Events that are emitted in one turn. */
const BATCH = 256
/** How often events of other threads are looked for, in milliseconds. */
const OTHERS = 50

// An application's fake timers must not hold back events.
const { clearInterval, setImmediate, setInterval } = timers

class MemoryEvents {
  #emitter
  #handle
  #withData
  #shared
  #wanted = 0
  #scheduled = false
  #batch = []
  #next = 0
  #polling

  /**
   * @param {object} emitter What events are emitted on.
   * @param {object} handle The native store.
   * @param {object} options
   * @param {boolean} options.eventData Whether listeners get the session's data.
   * @param {boolean} options.shared Whether other threads have the store as well.
   */
  constructor(emitter, handle, { eventData, shared }) {
    this.#emitter = emitter
    this.#handle = handle
    this.#withData = eventData
    this.#shared = shared
  }

  /** Listeners have come or gone. @returns {boolean} Whether there are any. */
  listenersChanged() {
    let wanted = 0
    for (const name in BITS) {
      if (this.#emitter.listenerCount(name) > 0) wanted |= BITS[name]
    }
    if (wanted !== 0 && this.#withData) wanted |= WITH_DATA
    if (wanted !== this.#wanted) {
      this.#wanted = wanted
      native.memoryListen(this.#handle, wanted)
      if (this.#shared) this.#poll(wanted !== 0)
    }
    return wanted !== 0
  }

  /** Something was done to the store: there may be events. */
  mayHaveHappened() {
    if (this.#wanted === 0 || this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#emitSome())
  }

  /** No more events from now on, but for those that have happened. */
  stop() {
    this.mayHaveHappened()
    this.#poll(false)
  }

  #emitSome() {
    this.#scheduled = false
    if (this.#next === this.#batch.length) {
      this.#batch = native.memoryEvents(this.#handle, BATCH)
      this.#next = 0
    }
    const isFull = this.#batch.length === 3 * BATCH
    try {
      while (this.#next < this.#batch.length) {
        const at = this.#next
        this.#next += 3
        this.#emit(this.#batch[at], this.#batch[at + 1], this.#batch[at + 2])
      }
    } finally {
      // A listener that throws must not keep others from what comes after.
      if (isFull || this.#next < this.#batch.length) this.mayHaveHappened()
    }
  }

  #emit(kind, sid, text) {
    const [name, sessionClass, reason] = kind.split(' ')
    const details = name === 'evict' ? { class: sessionClass, reason } : {}
    if (this.#withData) details.session = parsed(text)
    this.#emitter.emit(name, sid, details)
  }

  #poll(wanted) {
    clearInterval(this.#polling)
    this.#polling = undefined
    if (!wanted) return
    const weakly = new WeakRef(this)
    const polling = setInterval(() => {
      const events = weakly.deref()
      if (events) events.mayHaveHappened()
      else clearInterval(polling)
    }, OTHERS)
    polling.unref()
    this.#polling = polling
  }
}

/** What was put into the view by hand need not be JSON. */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

module.exports = { MemoryEvents }
