import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Keeps the server and the load generator on different cores, where the system can do that: else
 * they push each other around.
 */

const canPin =
  availableParallelism() > 1 &&
  spawnSync('taskset', ['-c', '1', process.execPath, '--version']).status === 0

export const pinned = canPin

/** @returns {[string, string[]]} The command that runs a command on one core. */
export function onCore(core, command, args) {
  return canPin ? ['taskset', ['-c', String(core), command, ...args]] : [command, args]
}
