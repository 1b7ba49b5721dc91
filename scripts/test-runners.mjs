// Runs tests in real test runners, Jest and vitest, and with the fake timers of sinon: with express-session
// and with this package.
//
//   npm run test:runners                 all of them
//   npm run test:runners -- --only jest  those with this in their name
//
// PROVIDER=express-session or PROVIDER=ours tries one of the two alone. The runners come from npm, into
// integration/runners.

import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const FOLDER = join(ROOT, 'integration', 'runners')
// Ends a run that hangs; all of it takes half a minute.
const LIMIT = 10 * 60_000

const { values } = parseArgs({ options: { only: { type: 'string' } } })
prepare()
install()
copyPackage(join(FOLDER, 'node_modules', 'express-session-native'))
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${LIMIT}`,
    join(ROOT, 'integration', 'runners.test.js')
  ],
  { stdio: 'inherit', env: { ...process.env, ONLY: values.only ?? '' } }
)
process.exit(status ?? 1)

/** Installs the runners, if that was not done. */
function install() {
  const modified = (name) => statSync(join(FOLDER, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  // npm writes this file when an installation is complete.
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return
  console.log('> Installing the test runners (npm ci in integration/runners)')
  const done = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
    { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' }
  )
  if (done.status !== 0) process.exit(done.status ?? 1)
}

/** Puts what would be published where npm would put it: runners treat a package differently there. */
function copyPackage(to) {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  rmSync(to, { recursive: true, force: true })
  const isPublished = (name) =>
    files.includes(name) ||
    files.includes(`${name}/`) ||
    // Built here; what npm installs is in the package of the platform.
    name.endsWith('.node') ||
    name === 'package.json'
  for (const name of readdirSync(ROOT).filter(isPublished)) {
    cpSync(join(ROOT, name), join(to, name), { recursive: true })
  }
}
