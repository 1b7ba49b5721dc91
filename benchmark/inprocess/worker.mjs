import { setImmediate as turn } from 'node:timers/promises'
import { Application } from '../server/application.mjs'
import { listeners } from '../server/frameworks.mjs'
import { scenarios } from '../server/scenarios.mjs'
import { setsCookie } from '../server/subjects.mjs'
import { Clients, cookieHeader } from './exchange.mjs'

/**
 * One subject in a process of its own. For each message from the parent, answers that many requests
 * and says what CPU time they took. Without a parent, answers a number of them, for those who want to
 * run it with options of Node.
 */

const settings = JSON.parse(process.argv[2])
const scenario = scenarios[settings.scenario]
const app = await Application.make(settings)
const clients = new Clients(await listeners[settings.framework](app))
const memberCookies = await app.cookies(async () => {
  const answer = await clients.ask('/login', cookieHeader())
  return answer.setCookie
})
const cookies = scenario.isMember ? memberCookies.map(cookieHeader) : [cookieHeader()]
const cookieOf = (n) => cookies[n % cookies.length]

await app.fillStore()
await check()
if (!process.send) {
  for (let n = 0; n < 200; n++) await answer(settings.sessions)
  process.exit()
}

process.on('message', async ({ requests }) => {
  process.send({ perRequest: await answer(requests) })
})
// Without its parent a worker has nothing to do.
process.on('disconnect', () => process.exit())
process.send({ ready: true })

/** @returns {Promise<number>} Microseconds of CPU time per request. */
async function answer(requests) {
  await app.fillStore()
  globalThis.gc?.({ type: 'minor' })
  await turn()
  const before = process.cpuUsage()
  await clients.askOften(requests, cookieOf)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests
}

/** Wrong answers may be quick. */
async function check() {
  const { statusCode, setCookie, body } = await clients.ask('/', cookies.at(-1))
  const mustSet = setsCookie(settings.subject, settings.scenario, scenario)
  if (statusCode === 200 && body === '{"user":"ada"}' && setCookie.length > 0 === mustSet) return
  throw new Error(`It answers ${statusCode} ${body}, Set-Cookie: ${setCookie}`)
}
