// Runs the benchmark against express-session: `npm run bench -- --help` says how.
//
// Installs, builds and installs what the benchmark needs beyond that, when it is missing or out of date.

import { spawnSync } from 'node:child_process'
import { statSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './prepare.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = path.join(root, 'benchmark')

prepare()
installBenchmark()
const args = [path.join(folder, 'run.mjs'), ...process.argv.slice(2)]
const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exit(signal ? 1 : status)

function installBenchmark() {
  const modified = (name) =>
    statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? -Infinity
  // npm writes this file when an installation is complete.
  const installed = path.join('node_modules', '.package-lock.json')
  if (modified(installed) >= Math.max(modified('package.json'), modified('package-lock.json')))
    return

  console.log('> Installing what the benchmark needs (npm ci)')
  const { error, status: code } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    // On Windows npm is a script, which only a shell can start.
    shell: process.platform === 'win32'
  })
  if (error || code !== 0) {
    console.error('npm ci failed in benchmark/, so this stops here')
    process.exit(1)
  }
  const now = new Date()
  utimesSync(path.join(folder, installed), now, now)
}
