import { fileURLToPath } from 'node:url'
import { headers, otherCookies } from './browser.mjs'

const script = fileURLToPath(new URL('requests.lua', import.meta.url))

/** The command that has wrk ask a server for some seconds. */
export function wrkCommand({ port, cookieFile, seconds, connections }) {
  const headerArguments = Object.entries(headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`
  ])
  const env = { BENCHMARK_OTHER_COOKIES: otherCookies }
  if (cookieFile) env.BENCHMARK_COOKIES = cookieFile
  return {
    command: 'wrk',
    args: [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--timeout',
      '5s',
      '-s',
      script,
      ...headerArguments,
      `http://127.0.0.1:${port}/`
    ],
    env
  }
}
