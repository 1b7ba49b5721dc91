'use strict'

const { fork } = require('node:child_process')
const { join } = require('node:path')

const NAMES = ['express-session', 'ours']

// Takes packages from where npm has installed this one in the place of express-session.
const SWAP = join(__dirname, 'swap.js')

// Databases are slow to stop and to start, but nothing here takes minutes.
const LIMIT = 120_000

// The providers this run is about: both, or only the one named in the environment.
function chosen(env = process.env) {
  if (!env.PROVIDER) return NAMES
  if (!NAMES.includes(env.PROVIDER)) throw new Error(`PROVIDER must be one of ${NAMES.join(', ')}`)
  return [env.PROVIDER]
}

/**
 * Runs a program in a process of its own, in which `express-session` is the provider, and gives what
 * it records. A process each, because modules keep what they have required.
 *
 * @param {string} provider
 * @param {string} program A file of this folder that answers with `send`.
 * @param {object} task What the program is to do.
 * @param {(request: string) => unknown} [answer] Serves what the program asks its parent for.
 */
function recordingOf(provider, program, task, answer) {
  const child = fork(join(__dirname, program), [JSON.stringify(task)], {
    execArgv: provider === 'ours' ? ['--require', SWAP] : [],
    env: { ...process.env, NODE_ENV: 'test', NO_DEPRECATION: '*' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  return new Promise((resolve, reject) => {
    let output = ''
    let recording
    const timer = setTimeout(() => {
      output += `\nstill running after ${LIMIT / 1000} s`
      child.kill('SIGKILL')
    }, LIMIT)
    const stop = () => child.kill('SIGKILL')
    process.once('exit', stop)

    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('message', async (message) => {
      if (message.recording) {
        recording = message.recording
        return
      }
      const failure = await Promise.resolve(answer(message.request)).then(
        () => undefined,
        (error) => error.message
      )
      if (child.connected) child.send({ answered: message.request, failure })
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', stop)
      if (code === 0 && recording) resolve(recording)
      else reject(new Error(`${program} with ${provider} ended with ${signal ?? code}:\n${output}`))
    })
  })
}

module.exports = { chosen, recordingOf }
