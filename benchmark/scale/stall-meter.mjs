import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The longest time for which the event loop stood still during some work.
 *
 * @param {() => Promise<void>} work
 * @returns {Promise<number>} In milliseconds. A loop that never stands still has about 1.
 */
export async function longestStall(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  await sleep(10)
  delays.reset()
  await work()
  // What stood still at the very end is noticed only afterwards.
  await sleep(10)
  delays.disable()
  return delays.max / 1e6
}
