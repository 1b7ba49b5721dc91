// Runs tests of this folder, with this folder's own packages.

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from '../scripts/prepare.mjs'

const FOLDER = dirname(fileURLToPath(import.meta.url))
// Ends a run that hangs; all stores together take a minute or two.
const LIMIT = 15 * 60_000

/** Runs a test file and ends the process with its exit code. */
export function run(file) {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  // Nothing of the addon is needed to look at the genuine package alone.
  if (process.env.PROVIDER !== 'express-session') prepare()
  install()
  const { status } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=spec', `--test-timeout=${LIMIT}`, join(FOLDER, file)],
    { stdio: 'inherit', env: { ...process.env, ONLY: values.only ?? '' } }
  )
  process.exit(status ?? 1)
}

function install() {
  const modified = (name) => statSync(join(FOLDER, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  // npm writes this file when an installation is complete.
  const installed = modified('node_modules/.package-lock.json')
  if (installed >= modified('package-lock.json')) return
  console.log('> Installing the packages to be tried (npm ci in integration)')
  // None of them has anything to build when it is installed.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const windows = process.platform === 'win32'
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: windows })
  if (status !== 0) process.exit(status ?? 1)
}
