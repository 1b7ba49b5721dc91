import { setImmediate as turn } from 'node:timers/promises'
import { sessionOf } from './sessions.mjs'
import { storeMaker } from './stores.mjs'
import * as phases from './phases.mjs'

/**
 * One store at one size, in a process of its own. What is known is told after each phase, so that
 * it is not lost if the process does not survive the next.
 */

const { name, size, watchSeconds } = JSON.parse(process.argv[2])
const { session, make, prune } = await storeMaker(name)
const { Cookie } = session
const subject = { session, Cookie, prune, size, watchSeconds }

await measure()
process.disconnect()

async function measure() {
  warmUp()
  subject.store = make()
  globalThis.gc()
  await turn()
  const before = process.memoryUsage()
  tell('create', { payload: JSON.stringify(sessionOf(Cookie, size)).length })
  const created = await phases.create(subject, (n) => tell('create', { reached: n }))
  tell('memory', { ...created, reached: size })
  tell('requests', phases.memory(subject, before))
  if (name !== 'nothing') tell('latencies', await phases.requests(subject))
  tell('length', await phases.latencies(subject))
  tell('expire', await phases.length(subject))
  tell('end', await phases.expire({ ...subject, ...created }))
}

/** Compiled code and its like are no session's memory. */
function warmUp() {
  const store = make()
  for (let n = 0; n < 2000; n++) store.set(String(n), sessionOf(Cookie, n), () => {})
}

/** @param {string} phase What is done next. */
function tell(phase, figures) {
  process.send({ phase, figures })
}
