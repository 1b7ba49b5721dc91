// Tests the engines that `npm run build:all` has built.
//
//   npm run test:targets                     wasm, linux-x64-gnu and linux-x64-musl
//   npm run test:targets linux-arm64-gnu     this one; "all" for every target
//   npm run test:targets -- --full           all JavaScript tests on each, instead of those of the engine
//
// On WebAssembly, all JavaScript tests always run, express-session's own suite and some generated scenarios.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT, TARGETS, chosen, libraryName } from './targets/targets.mjs'
import { Unavailable, armNode, muslNode } from './targets/tools.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } }
})

/** The tests that depend most on the library. */
const OF_THE_ENGINE = /^(?:boundary|engine|loader|memory|native|secrets|timers)/
/** It builds a library of its own, for this machine. */
const WITH_OWN_LIBRARY = 'boundary-panic.test.js'

/** Those of them that start no processes. */
const WITHOUT_PROCESSES = [
  'engine-properties',
  'memory-store-bounds',
  'memory-store-callbacks',
  'memory-store-genuine',
  'memory-store-late-saves',
  'memory-store-odd-sessions',
  'memory-store-options',
  'memory-store-pages',
  'memory-store-sharing',
  'native',
  'secrets'
]

const results = chosen(positionals).map((name) => {
  console.log(`\n> Testing ${name}`)
  try {
    test(name)
    return `${name}: passed`
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return `SKIPPED: ${name}: ${error.message}`
  }
})
console.log(`\n${results.join('\n')}`)

function test(name) {
  if (name === 'wasm') return testWasm()
  const library = path.join(ROOT, 'dist', 'engines', libraryName(name))
  if (!fs.existsSync(library)) throw new Unavailable(`not built: npm run build:all ${name}`)
  const env = { EXPRESS_SESSION_ENGINE: library }
  const { cpu, libc } = TARGETS[name]
  if (cpu === process.arch) runTests(libc === 'musl' ? muslNode() : process.execPath, env)
  else if (name === 'linux-arm64-gnu') runOneByOne(armNode(), env)
  else throw new Unavailable(`this machine is ${process.arch}`)
}

function testWasm() {
  if (!fs.existsSync(path.join(ROOT, 'lib', 'wasm', 'engine.js'))) {
    throw new Unavailable('not built: npm run build:all wasm')
  }
  const env = { EXPRESS_SESSION_ENGINE: 'wasm' }
  runTests(process.execPath, env, true)
  run(process.execPath, ['scripts/test-lockstep.mjs', '--runs', '3000'], env)
  if (process.env.UPSTREAM_REPO) run(process.execPath, ['scripts/test-upstream.mjs'], env)
  else console.log("SKIPPED: express-session's own suite, as UPSTREAM_REPO names no repository")
}

/** Runs tests that start no processes, in a Node that cannot be started by its path. */
function runOneByOne([command, ...args], env) {
  for (const name of WITHOUT_PROCESSES) {
    run(command, [...args, '--test-reporter=dot', `__test__/${name}.test.js`], env)
  }
}

function runTests(node, env, isFull = values.full) {
  const folder = path.join(ROOT, '__test__')
  const files = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.test.js') && file !== WITH_OWN_LIBRARY)
    .filter((file) => isFull || OF_THE_ENGINE.test(file))
    .map((file) => path.join('__test__', file))
  run(node, ['--test', '--test-reporter=dot', '--test-timeout=600000', ...files], env)
}

function run(command, args, env) {
  const { error, status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env }
  })
  if (error) console.error(`${command} cannot be run: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}
