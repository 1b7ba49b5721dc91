import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

/** What this process uses up between two moments. */
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
    globalThis.gc?.()
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
    const collectorMs = this.#collectorMs
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    return { cpuMicroseconds: user + system, collectorMs, heapUsed, rss }
  }
}
