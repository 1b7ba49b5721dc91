import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

/**
 * What this process uses up between two moments.
 *
 * There is no full collection of garbage before it: while the server is idle, a collection finds
 * nothing that has the form of a request, so V8 forgets these forms and, with them, the code that was
 * optimised for them. Then half of what one measures is optimising it again.
 */
export class CostMeter {
  #collectorMs = 0
  #before

  constructor() {
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#collectorMs += duration
    })
    observer.observe({ entryTypes: ['gc'] })
  }

  async begin() {
    // Entries of the collector are told of in a later turn.
    await turn()
    await turn()
    this.#collectorMs = 0
    this.#before = process.cpuUsage()
  }

  async end() {
    const { user, system } = process.cpuUsage(this.#before)
    await turn()
    await turn()
    return { cpuMicroseconds: user + system, collectorMs: this.#collectorMs }
  }

  /** What is left in the end. */
  memory() {
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    return { heapUsed, rss }
  }
}
