'use strict'

const { once } = require('node:events')

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
}

module.exports = { ask, program }
