'use strict'

// Some cases replace the timers.
const { setImmediate } = globalThis

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

// Everything the cases do is synchronous, a microtask or a few event-loop turns away, so a bounded
// number of turns tells "answered" from "never answers" without a timer.
async function turnsUntil(done, { most = 40, after = 4 } = {}) {
  for (let turn = 0; turn < most && !done(); turn++) await nextTurn()
  for (let turn = 0; turn < after; turn++) await nextTurn()
}

module.exports = { nextTurn, turnsUntil }
