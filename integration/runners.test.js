'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { dirname, join } = require('node:path')
const { describe, test } = require('node:test')
const { chosen } = require('./provider')

const FOLDER = join(__dirname, 'runners')
const PACKAGES = { 'express-session': 'express-session', ours: 'express-session-native' }
const { ONLY } = process.env

/** The program of a package in the folder, as its manifest names it. */
function program(name) {
  const manifest = join(FOLDER, 'node_modules', name, 'package.json')
  const { bin } = require(manifest)
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name])
}

const vitest = () => [
  program('vitest'),
  'run',
  '--config',
  join(FOLDER, 'vitest', 'vitest.config.mjs')
]

// The arguments for Node, and what is in its environment besides. Each tries the sessions of `PACKAGE`.
const RUNNERS = {
  jest: {
    args: () => [program('jest'), '--config', join(FOLDER, 'jest', 'jest.config.js'), '--ci']
  },
  vitest: { args: vitest },
  'vitest, which loads the package itself': { args: vitest, env: { INLINE: '1' } },
  'fake timers': {
    args: () => ['--test', join(FOLDER, 'fake-timers', 'fake-timers.test.js')]
  }
}

async function ran({ args, env }, provider) {
  const child = spawn(process.execPath, args(), {
    cwd: FOLDER,
    env: {
      ...process.env,
      CI: 'true',
      INLINE: '',
      NO_COLOR: '1',
      NO_DEPRECATION: '*',
      NODE_ENV: 'test',
      // Or a test runner takes itself for a part of this one.
      NODE_TEST_CONTEXT: undefined,
      PACKAGE: PACKAGES[provider],
      ...env
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  }
  const [code] = await once(child, 'close')
  return { code, output }
}

for (const runner of Object.keys(RUNNERS).filter((name) => !ONLY || name.includes(ONLY))) {
  describe(`the tests in ${runner}`, () => {
    for (const provider of chosen()) {
      test(`pass with ${provider}`, async () => {
        const { code, output } = await ran(RUNNERS[runner], provider)
        assert.equal(code, 0, output)
        assert.match(output, /\b[1-9]\d* passed|\bpass [1-9]/)
      })
    }
  })
}
