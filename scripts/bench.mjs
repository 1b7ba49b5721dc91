// Runs the benchmark against express-session: `npm run bench -- --help` says how.
//
// Installs, builds and installs what the benchmark needs beyond that, when it is missing or out of date.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, prepare } from './prepare.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = path.join(root, 'benchmark')

prepare()
install(folder)
const args = [path.join(folder, 'run.mjs'), ...process.argv.slice(2)]
const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exit(signal ? 1 : status)
