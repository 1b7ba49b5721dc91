'use strict'

const { fork } = require('node:child_process')
const { rmSync } = require('node:fs')
const { setTimeout: pause } = require('node:timers/promises')

// Tests can end in ways that leave them no time to clean up: killed, or by Ctrl-C. So a process of
// its own knows what has to go, and sees to it once the tests are gone.

const PATIENCE = 10_000
let keeper

/**
 * Has something ended and removed if this process ends before `forget` is called.
 *
 * @param {{ folder: string, pid?: number, signal?: string }} leftover A temporary folder, and what
 *   runs in it: the leader of a process group, and the signal that it stops at.
 */
function remember(leftover) {
  if (!keeper?.connected) {
    // Detached, as what ends the tests may be meant for the whole group or terminal.
    keeper = fork(__filename, { detached: true, execArgv: [], stdio: 'ignore' })
    keeper.unref()
    keeper.channel.unref()
  }
  keeper.send(leftover)
}

/** Removes a folder in which nothing runs any more. */
function forget(folder) {
  remove(folder)
  keeper?.send({ folder, isGone: true })
}

function remove(folder) {
  // What has just ended may still have written something meanwhile.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 })
}

/** What the process of its own does. */
function keep() {
  const leftovers = new Map()
  process.on('message', ({ folder, isGone, pid, signal }) => {
    if (isGone) leftovers.delete(folder)
    else leftovers.set(folder, { pid, signal })
  })
  process.on('disconnect', async () => {
    const all = [...leftovers].map(async ([folder, { pid, signal }]) => {
      if (pid) await end(pid, signal)
      remove(folder)
    })
    await Promise.allSettled(all)
    process.exit()
  })
}

/** Politely at first: databases also keep things outside of their folders, such as shared memory. */
async function end(pid, signal) {
  const start = Date.now()
  while (killed(pid, signal) && Date.now() - start < PATIENCE) await pause(100)
  killed(-pid, 'SIGKILL')
}

function killed(pid, signal) {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

if (require.main === module) keep()

module.exports = { forget, remember }
