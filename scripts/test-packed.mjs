// Runs express-session's own test suite on the packages that `npm run build:all` has packed, as they are installed
// on a machine without Rust: with the native library, and as WebAssembly.
//
//   npm run test:packed

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ROOT } from './targets/targets.mjs'

const DIST = path.join(ROOT, 'dist')
const tarballs = fs.existsSync(DIST)
  ? fs.readdirSync(DIST).filter((file) => file.endsWith('.tgz'))
  : []
if (tarballs.length === 0) {
  console.log('SKIPPED: there are no packages in dist/: npm run build:all')
  process.exit(0)
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'express-session-native-packed-'))
try {
  fs.writeFileSync(path.join(folder, 'package.json'), '{}')
  // npm refuses to install the library of another platform.
  const main = tarballs.find((file) => /^express-session-native-\d/.test(file))
  const libraries = tarballs.filter((file) =>
    file.includes(`-${process.platform}-${process.arch}-`)
  )
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', path.join(DIST, main)], {})
  for (const library of libraries) {
    const args = ['install', '--no-audit', '--no-fund', '--no-save', path.join(DIST, library)]
    spawnSync('npm', args, { cwd: folder, stdio: 'ignore', env: withoutRust() })
  }
  const installed = path.join(folder, 'node_modules', 'express-session-native')
  for (const engine of ['native', 'wasm']) {
    console.log(`\n> The engine is ${engine}`)
    const script = path.join(ROOT, 'scripts', 'test-upstream.mjs')
    const args = [script, '--package', installed]
    run(process.execPath, args, { EXPRESS_SESSION_ENGINE: engine })
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}

function run(command, args, env) {
  const options = { cwd: folder, stdio: 'inherit', env: { ...withoutRust(), ...env } }
  const { error, status } = spawnSync(command, args, options)
  if (error) console.error(`${command} cannot be run: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} has failed`)
}

/** The environment without the folders that have Rust. */
function withoutRust() {
  const folders = process.env.PATH.split(path.delimiter)
  const others = folders.filter((folder) => !fs.existsSync(path.join(folder, 'cargo')))
  return { ...process.env, PATH: others.join(path.delimiter) }
}
