'use strict'

const { spawn } = require('node:child_process')

// An installation takes seconds. This ends one that waits for a registry that does not answer.
const LIMIT = 120_000

/**
 * Runs a command and gives what it writes to its standard output. Not in the way of the registry,
 * which is served by this same process.
 *
 * @param {string[]} command
 * @param {{ cwd: string, env: object, shell?: boolean }} options
 */
function run([file, ...args], options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const stop = () => child.kill('SIGKILL')
    const output = { stdout: '', stderr: '' }
    const timer = setTimeout(() => {
      output.stderr += `\nstill running after ${LIMIT / 1000} s`
      stop()
    }, LIMIT)
    process.once('exit', stop)

    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', stop)
      if (code === 0) return resolve(output.stdout)
      const { stdout, stderr } = output
      reject(
        new Error(`${file} ${args.join(' ')} ended with ${signal ?? code}:\n${stdout}\n${stderr}`)
      )
    })
  })
}

module.exports = { run }
