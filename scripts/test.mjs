// Runs all the tests: the Rust ones, then the JavaScript ones, up to the first part that fails.
//
//   npm test                           everything
//   npm test -- --js                   the JavaScript tests alone
//   npm test -- __test__/some.test.js  these JavaScript tests alone; flags go to `node --test`

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// No file comes near this; it ends one that hangs.
const LIMIT_PER_FILE = 10 * 60_000

function run(command, args) {
  const { error, status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })

  if (error) console.error(`could not start ${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

function testFiles() {
  // Node 20 has no globs, neither for `--test` nor in node:fs.
  return readdirSync(join(root, '__test__'), { recursive: true })
    .filter((file) => file.endsWith('.test.js') && !file.includes('node_modules'))
    .map((file) => join('__test__', file))
    .toSorted()
}

const args = process.argv.slice(2)
const flags = args.filter((arg) => arg.startsWith('-') && arg !== '--js')
const named = args.filter((arg) => !arg.startsWith('-'))

await prepare()

// The engine alone: it has all the Rust tests, and builds without Node.
if (args.length === 0) run('cargo', ['test', '--no-default-features'])

run(process.execPath, [
  '--test',
  '--test-reporter=spec',
  `--test-timeout=${LIMIT_PER_FILE}`,
  ...flags,
  ...(named.length > 0 ? named : testFiles())
])
