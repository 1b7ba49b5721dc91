import { writeFileSync } from 'node:fs'
import { Application } from './application.mjs'
import { CostMeter } from './cost-meter.mjs'
import { frameworks } from './frameworks.mjs'

/**
 * One server, in a process of its own. The parent says what to serve in the first argument, and by
 * messages when a measurement begins and ends.
 */

const settings = JSON.parse(process.argv[2])
const app = await Application.make(settings)
const start = await frameworks[settings.framework](app)
const port = await start()
writeFileSync(settings.cookieFile, (await app.cookies(login)).join('\n'))

const meter = new CostMeter()
process.on('message', async (message) => {
  if (message === 'begin') {
    await app.fillStore()
    await meter.begin()
    process.send({ began: true })
  }
  if (message === 'end') process.send(await meter.end())
  if (message === 'memory') process.send(meter.memory())
})
// Without its parent a server has nothing to do.
process.on('disconnect', () => process.exit())
process.send({ port })

async function login() {
  const response = await fetch(`http://127.0.0.1:${port}/login`)
  return response.headers.getSetCookie()
}
