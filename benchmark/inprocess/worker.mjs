import { setImmediate as turn } from 'node:timers/promises'
import { Application } from '../server/application.mjs'
import { listeners } from '../server/frameworks.mjs'
import { scenarios } from '../server/scenarios.mjs'
import { setsCookie } from '../server/subjects.mjs'
import { Connection, cookieHeader } from './exchange.mjs'

/**
 * One subject in a process of its own. For each message from the parent, answers that many requests
 * and says what CPU time they took.
 */

/** As many as the load generator has: turns of the event loop are shared by that many requests. */
const connections = Array.from({ length: 16 }, () => new Connection())

const settings = JSON.parse(process.argv[2])
const scenario = scenarios[settings.scenario]
const app = await Application.make(settings)
const listener = await listeners[settings.framework](app)
const memberCookies = await app.cookies(async () => {
  const answer = await connections[0].ask(listener, '/login', cookieHeader())
  return answer.setCookie
})
const cookies = scenario.isMember ? memberCookies.map(cookieHeader) : [cookieHeader()]

await app.fillStore()
await check()
process.on('message', async ({ requests }) => {
  await app.fillStore()
  globalThis.gc({ type: 'minor' })
  await turn()
  const before = process.cpuUsage()
  await answerAll(requests)
  const { user, system } = process.cpuUsage(before)
  process.send({ perRequest: (user + system) / requests })
})
// Without its parent a worker has nothing to do.
process.on('disconnect', () => process.exit())
process.send({ ready: true })

/** Wrong answers may be quick. */
async function check() {
  const { statusCode, setCookie, body } = await connections[0].ask(listener, '/', cookies.at(-1))
  const mustSet = setsCookie(settings.subject, settings.scenario, scenario)
  if (statusCode === 200 && body === '{"user":"ada"}' && setCookie.length > 0 === mustSet) return
  throw new Error(`It answers ${statusCode} ${body}, Set-Cookie: ${setCookie}`)
}

function answerAll(requests) {
  let begun = 0
  let open = 0
  return new Promise((resolve) => {
    const onFinish = () => {
      if (--open > 0) return
      if (begun >= requests) resolve()
      else setImmediate(answerSome)
    }
    const answerSome = () => {
      open = connections.length
      for (const connection of connections) {
        connection.request(listener, '/', cookies[begun++ % cookies.length], onFinish)
      }
    }
    answerSome()
  })
}
