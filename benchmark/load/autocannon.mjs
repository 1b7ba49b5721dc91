import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { headers, otherCookies } from './browser.mjs'

/**
 * Load where there is no wrk, in a process of its own; prints its results in the same form.
 */

const file = fileURLToPath(import.meta.url)

export function autocannonCommand(load) {
  return { command: process.execPath, args: [file, JSON.stringify(load)], env: {} }
}

if (process.argv[1] === file) await run(JSON.parse(process.argv[2]))

async function run({ port, cookieFile, seconds, connections }) {
  const { default: autocannon } = await import('autocannon')
  const cookies = cookieFile ? readFileSync(cookieFile, 'utf8').split('\n') : []
  let at = 0
  const nextHeaders = () => ({
    ...headers,
    Cookie: cookies.length ? `${otherCookies}; ${cookies[at++ % cookies.length]}` : otherCookies
  })
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/`,
    connections,
    duration: seconds,
    requests: [{ setupRequest: (request) => ({ ...request, headers: nextHeaders() }) }]
  })
  const summary = {
    requests: result.requests.total,
    microseconds: result.duration * 1e6,
    failures: result.non2xx + result.errors + result.timeouts,
    p50: result.latency.p50 * 1000,
    p99: result.latency.p99 * 1000
  }
  console.log(`RESULT ${JSON.stringify(summary)}`)
}
