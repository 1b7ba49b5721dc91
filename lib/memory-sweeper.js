'use strict'

const timers = require('node:timers')
const native = require('./native')

/** The time between two sweeps while there is more to do, in milliseconds. */
const BREAK = 1
/** Bounds of the time between two sweeps, in milliseconds. */
const SOONEST = 1000
const LATEST = 60_000

// Captured, like everything timed here: an application's fake timers must not stop the sweeping.
const { setTimeout } = timers

/**
 * Frees expired sessions that nobody asks for. The timer runs only while something can expire, and
 * keeps neither process nor store alive.
 */
class MemorySweeper {
  #handle
  #afterwards
  #shared
  #running = false
  #stopped = false

  /**
   * @param {object} handle The native store.
   * @param {() => void} afterwards Called after each sweep.
   * @param {boolean} shared Whether other threads may put something in that expires.
   */
  constructor(handle, afterwards, shared) {
    this.#handle = handle
    this.#afterwards = afterwards
    this.#shared = shared
    this.start()
  }

  /** Called when there may be something that expires. */
  start() {
    if (!this.#running && !this.#stopped) this.#sweepLater()
  }

  stop() {
    this.#stopped = true
  }

  #sweepLater() {
    const due = native.memoryNextDue(this.#handle)
    this.#running = due !== null || this.#shared
    if (!this.#running) return
    const wait = due === null ? LATEST : Math.min(Math.max(due - Date.now(), SOONEST), LATEST)
    this.#wait(wait)
  }

  #wait(milliseconds) {
    const weakly = new WeakRef(this)
    setTimeout(() => weakly.deref()?.#sweep(), milliseconds).unref()
  }

  #sweep() {
    if (this.#stopped) return
    const more = native.memorySweep(this.#handle, Date.now())
    this.#afterwards()
    if (more) this.#wait(BREAK)
    else this.#sweepLater()
  }
}

module.exports = { MemorySweeper }
