import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { autocannonCommand } from '../load/autocannon.mjs'
import { wrkCommand } from '../load/wrk.mjs'
import { placed } from './pinning.mjs'

const run = promisify(execFile)
const hasWrk = !spawnSync('wrk', ['--version']).error

export const loadGenerator = hasWrk ? 'wrk' : 'autocannon'

/**
 * Asks a server for some seconds, over connections that are kept.
 *
 * @param {{ port: number, cookieFile?: string, seconds: number, connections: number,
 *   placement: import('./pinning.mjs').Placement }} load
 * @returns {Promise<{ requests: number, microseconds: number, failures: number, p50: number, p99: number }>}
 *   Latencies are in microseconds.
 */
export async function generateLoad(load) {
  const { command, args, env } = hasWrk ? wrkCommand(load) : autocannonCommand(load)
  const [pinnedCommand, pinnedArgs] = placed(load.placement, 'load', command, args)
  const { stdout } = await run(pinnedCommand, pinnedArgs, {
    env: { ...process.env, ...env },
    timeout: (load.seconds + 20) * 1000
  })
  const result = /^RESULT (.*)$/m.exec(stdout)
  if (!result) throw new Error(`${command} gave no result:\n${stdout}`)
  return JSON.parse(result[1])
}
