import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/**
 * Where the server and the load generator run.
 *
 * - `apart`: on a core each, or they push each other around. On a real machine, this is it.
 * - `together`: on one core, in batches: one runs until it has nothing to do, then the other. On a virtual
 *   machine a message to another core goes through the hypervisor, and after each such exit the processor
 *   has forgotten what branches did before, so that code takes two to three times as long. How often that
 *   happens depends on which of the two is faster: a server that keeps the load generator busy never has
 *   to wake it. On one core it does not happen at all, and CPU time is each process's own.
 * - `anywhere`: wherever the system puts them, where it cannot be told.
 *
 * @typedef {{ where: 'apart' | 'together' | 'anywhere', core: number }} Placement The core is that of the
 *   server.
 */

const canPin = availableParallelism() > 1 && works('taskset', ['-c', '1'])
/** Without it, the process that wakes up preempts the other. */
const canBatch = works('chrt', ['--batch', '0'])

/** @returns {Placement} What is possible of what is wanted. */
export function placementFor(wantsTogether, core) {
  if (wantsTogether && !(canPin && canBatch)) {
    throw new Error('--together needs taskset and chrt, and two cores')
  }
  if (wantsTogether) return { where: 'together', core }
  return { where: canPin ? 'apart' : 'anywhere', core: 1 }
}

/**
 * The command that runs a command in its place.
 *
 * @param {Placement} placement
 * @param {'server' | 'load'} role
 * @returns {[string, string[]]}
 */
export function placed({ where, core }, role, command, args) {
  if (where === 'anywhere') return [command, args]
  if (where === 'together') {
    return ['taskset', ['-c', `${core}`, 'chrt', '--batch', '0', command, ...args]]
  }
  return ['taskset', ['-c', `${role === 'server' ? core : 0}`, command, ...args]]
}

function works(command, args) {
  return spawnSync(command, [...args, process.execPath, '--version']).status === 0
}
