// Runs tests of this folder, with this folder's own packages.

import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from '../scripts/prepare.mjs'

const FOLDER = dirname(fileURLToPath(import.meta.url))
// The same packages once more, where npm has put this one in the place of express-session.
const OURS = join(FOLDER, 'node_modules', '.ours')
// Ends a run that hangs; all stores together take less than a minute.
const LIMIT = 15 * 60_000
// None of the packages has anything to build when it is installed.
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']

/** Runs a test file and ends the process with its exit code. */
export function run(file) {
  const { values } = parseArgs({ options: { all: { type: 'boolean' }, only: { type: 'string' } } })
  // Nothing of the addon is needed to look at the genuine package alone.
  if (process.env.PROVIDER !== 'express-session') prepare()
  install()
  const env = { ...process.env, ALL: values.all ? '1' : '', ONLY: values.only ?? '' }
  const args = ['--test', '--test-reporter=spec', `--test-timeout=${LIMIT}`, join(FOLDER, file)]
  const tests = spawn(process.execPath, args, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tests.kill(signal))
  tests.on('close', (code) => process.exit(code ?? 1))
}

function install() {
  const lockfile = modified(FOLDER, 'package-lock.json')
  if (modified(FOLDER, 'node_modules/.package-lock.json') < lockfile) {
    console.log('> Installing the packages to be tried (npm ci in integration)')
    npm(FOLDER, ['ci', ...FLAGS])
  }
  if (modified(OURS, 'node_modules/.package-lock.json') < lockfile) {
    console.log('> Installing them again, with express-session replaced (npm install)')
    mkdirSync(OURS, { recursive: true })
    replaceIn(join(FOLDER, 'package.json'), join(OURS, 'package.json'))
    // What is locked stays so, except for what has been replaced.
    copyFileSync(join(FOLDER, 'package-lock.json'), join(OURS, 'package-lock.json'))
    // npm writes its own lockfile when an installation is complete, but not if nothing is to be done.
    rmSync(join(OURS, 'node_modules/.package-lock.json'), { force: true })
    npm(OURS, ['install', ...FLAGS])
  }
}

/** What `npm install express-session@npm:express-session-native` does, for what is not published. */
function replaceIn(from, to) {
  const manifest = JSON.parse(readFileSync(from, 'utf8'))
  manifest.dependencies['express-session'] = 'file:../../..'
  // Packages that would bring one of their own get this one too.
  manifest.overrides = { 'express-session': '$express-session' }
  writeFileSync(to, JSON.stringify(manifest))
}

function modified(...place) {
  return statSync(join(...place), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function npm(cwd, args) {
  const shell = process.platform === 'win32'
  const { status } = spawnSync('npm', args, { cwd, stdio: 'inherit', shell })
  if (status !== 0) process.exit(status ?? 1)
}
