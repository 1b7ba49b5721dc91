'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')
const { atFixedTime } = require('./clock')
const { provider } = require('./provider')

// A recording of one case on one provider. Cases with an `env` are about module state or about
// what is written to stderr, and have a process of their own.
async function perform(name, file, index, testCase) {
  if (testCase.env) return performApart(name, file, index, testCase.env)
  const { session, deep } = provider(name)
  return atFixedTime((clock) => testCase.run(session, { clock, deep }))
}

async function performApart(name, file, index, env) {
  const inherited = { ...process.env }
  for (const name of ['DEBUG', 'NODE_ENV', 'NODE_OPTIONS', 'NO_DEPRECATION']) delete inherited[name]
  const child = fork(join(__dirname, 'child.js'), [name, file, String(index)], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: 20_000
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  let value = '<nothing sent>'
  child.on('message', (message) => {
    value = message
  })
  const [code] = await once(child, 'close')
  return { code, value, stderr: normalised(stderr) }
}

const DATES = /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\d{4}-\d{2}-\d{2}T[\d:.]+Z)/

// Dates differ by run, and a place inside a provider's own files is not something to compare.
function normalised(stderr) {
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(DATES, '<date>').replace(/^\(node:\d+\)/, '(node:<pid>)'))
    .map((line) => line.replace(/ at (?:\S*[\\/])?([\w.-]+):(\d+):\d+$/, place))
}

function place(whole, file, line) {
  return whole.includes('__test__') ? ` at ${file}:${line}` : ' at <inside>'
}

module.exports = { perform }
