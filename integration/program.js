'use strict'

const { once } = require('node:events')
const { setImmediate: turn } = require('node:timers/promises')

/**
 * Runs what a process of `recordingOf` is for and sends what it records to the parent. The process
 * then ends: some of the packages have timers that would keep it alive.
 *
 * @param {(task: object) => Promise<object>} work
 */
async function program(work) {
  process.on('disconnect', () => process.exit(1))
  const recording = await work(JSON.parse(process.argv[2]))
  await new Promise((resolve, reject) => {
    process.send({ recording }, (error) => (error ? reject(error) : resolve()))
  })
  process.exit(0)
}

/** Has the parent do something, such as stopping a server, and waits until it is done. */
async function ask(request) {
  const answer = once(process, 'message')
  process.send({ request })
  const [{ failure }] = await answer
  if (failure) throw new Error(failure)
  // What came before the answer, such as the end of a connection to a stopped server, may be handled
  // after it. By then it has been, and has been closed.
  await turn()
  await turn()
}

module.exports = { ask, program }
