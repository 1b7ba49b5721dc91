'use strict'

const { AsyncResource } = require('async_hooks')
const { performance } = require('perf_hooks')
const { types } = require('util')
const { isStoreFailure } = require('../errors')
const native = require('../native')
const { time } = require('./time')

/**
 * The events of a MemoryStore. The native library queues those that have listeners. They are fetched and
 * emitted in later turns of the event loop, so that listeners do not delay the store's callers.
 */

/** In the order of their numbers. */
const NAMES = ['create', 'update', 'destroy', 'expire', 'evict']
const CLASSES = ['anonymous', 'other', 'protected']
const REASONS = ['maxSessions', 'maxBytes']
const EVICT = NAMES.indexOf('evict')
/** A bit for the native library, in addition to one for each name. */
const WITH_DATA = 128
/** The maximum number of events that are fetched at once. */
const BATCH = 256
/** For how many milliseconds events are emitted in a turn of the event loop. */
const TURN = 2

// Captured when the module loads: an application's fake timers must not delay events.
const defer = setImmediate
const now = performance.now.bind(performance)

class MemoryEvents {
  #emitter
  #handle
  #withData
  #wake
  #isScheduled = false
  #batch = []
  #next = 0
  #numbers
  /** A bit for each name with listeners. */
  #wanted = 0
  /** How many events were left in the queue when it was last fetched. */
  #left = 0
  /** How many events were dropped, as far as listeners were told. */
  #dropped = 0
  /** The async context of events. Without it, they would have that of some request. */
  #context
  #hasWarned = false

  /**
   * @param {object} emitter The store.
   * @param {object} handle The native store.
   * @param {boolean} withData Whether listeners get the session's data.
   */
  constructor(emitter, handle, withData) {
    this.#emitter = emitter
    this.#handle = handle
    this.#withData = withData
    watchListeners(emitter, this)
    // The native library keeps this function, which must not keep the store alive.
    const weakly = new WeakRef(this)
    this.#wake = () => weakly.deref()?.mayHaveHappened()
  }

  /** Called after each operation: there may be events. */
  mayHaveHappened() {
    if (this.#wanted !== 0) this.#schedule()
  }

  /** Listeners may have been added or removed. */
  listenersChanged() {
    if (this.#handle === undefined) return
    let wanted = 0
    for (let kind = 0; kind < NAMES.length; kind++) {
      if (this.#emitter.listenerCount(NAMES[kind]) > 0) wanted |= 1 << kind
    }
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#numbers ??= new Float64Array(3 * BATCH + 2)
    this.#context ??= new AsyncResource('MemoryStore')
    if (wanted !== 0 && this.#withData) wanted |= WITH_DATA
    this.#ask(() => native.memoryListen(this.#handle, wanted, this.#wake))
  }

  /** If the engine has failed, there are no more events. Every use of the store reports that. */
  #ask(operation) {
    try {
      return operation()
    } catch (error) {
      if (!isStoreFailure(error)) throw error
      this.#handle = undefined
      return undefined
    }
  }

  /** The store is being closed. Events so far are still emitted. */
  stop() {
    if (this.#wanted !== 0 && this.#handle !== undefined) {
      const left = []
      for (let batch = this.#fetch(); batch.length > 0; batch = this.#fetch()) left.push(...batch)
      this.#batch = [...this.#batch.slice(this.#next), ...left]
      this.#next = 0
      if (this.#batch.length > 0) this.#schedule()
    }
    this.#handle = undefined
  }

  #schedule() {
    if (this.#isScheduled) return
    this.#isScheduled = true
    defer(() => this.#context.runInAsyncScope(this.#emitSome, this))
  }

  #fetch() {
    this.#left = 0
    if (this.#handle === undefined) return []
    const { buffer } = this.#numbers
    const texts = this.#ask(() => native.memoryEvents(this.#handle, BATCH, buffer, time()))
    if (texts === undefined) return []
    this.#left = this.#numbers[3 * BATCH + 1]
    const events = []
    for (let n = 0; 2 * n < texts.length; n++) {
      const [kind, sessionClass, reason] = this.#numbers.subarray(3 * n, 3 * n + 3)
      const details =
        kind === EVICT ? { class: CLASSES[sessionClass], reason: REASONS[reason] } : {}
      events.push({ name: NAMES[kind], sid: texts[2 * n], text: texts[2 * n + 1], details })
    }
    return events
  }

  #emitSome() {
    this.#isScheduled = false
    const end = now() + TURN
    // What was requested meanwhile is only done when the queue has been fetched to its end.
    let isDrained = false
    try {
      do {
        if (this.#isConsumed()) {
          this.#batch = this.#fetch()
          this.#next = 0
          isDrained = this.#left === 0
        }
        while (!this.#isConsumed() && now() < end) this.#emit(this.#batch[this.#next++])
        if (this.#isConsumed()) this.#emitOverflow()
      } while (!(isDrained && this.#isConsumed()) && now() < end)
    } finally {
      // If a listener throws, the remaining events are still emitted.
      if (!(isDrained && this.#isConsumed())) this.#schedule()
    }
  }

  #isConsumed() {
    return this.#next === this.#batch.length
  }

  /** Tells how many events were dropped because the queue was full. */
  #emitOverflow() {
    const dropped = this.#numbers[3 * BATCH] - this.#dropped
    if (dropped === 0) return
    this.#dropped += dropped
    const isHeard = this.#emitter.emit('overflow', { dropped })
    if (isHeard || this.#hasWarned) return
    this.#hasWarned = true
    const message = `MemoryStore: ${dropped} events were dropped, because the listeners are too slow`
    process.emitWarning(message, { code: 'SESSION_STORE_OVERFLOW' })
  }

  #emit({ name, sid, text, details }) {
    if (this.#withData) details.session = parsed(text)
    const isHeard = this.#emitter.emit(name, sid, details)
    if (!isHeard) this.listenersChanged()
  }
}

/**
 * Notifies `events` when listeners of an emitter are added or removed. Overriding the emitter's methods or
 * adding listeners would be visible to applications, so this watches `_eventsCount`, the number of names with
 * listeners. A listener that is being removed still counts at that moment; the first event without listeners
 * corrects that.
 */
function watchListeners(emitter, events) {
  watchCount(emitter, emitter._eventsCount, () => events.listenersChanged())
}

/** Defines `_eventsCount` of an object as an accessor that tells when it is set. */
function watchCount(object, count, changed) {
  const accessor = {
    configurable: true,
    enumerable: true,
    get: () => count,
    set(value) {
      // Objects that inherit from it have a count of their own, but the same listeners.
      if (this === object || isProxyOf(this)) count = value
      else watchCount(this, value, changed)
      changed()
    }
  }
  // A proxy of the object has its accessor.
  const isProxyOf = (other) =>
    types.isProxy(other) &&
    Object.getOwnPropertyDescriptor(other, '_eventsCount')?.set === accessor.set
  Object.defineProperty(object, '_eventsCount', accessor)
}

/** The session, or undefined: a text that was assigned to `store.sessions[sid]` need not be JSON. */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

module.exports = { MemoryEvents }
