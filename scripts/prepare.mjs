// Only what comes with Node is imported here: in a fresh clone nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import libcs from '../lib/libc.js'

const { libc } = libcs

const OLDEST_NODE = 20
const ROOT = fileURLToPath(new URL('..', import.meta.url))
// On Windows npm is a script, which only a shell can start.
const NPM_NEEDS_SHELL = process.platform === 'win32'

/**
 * Makes a clone ready to run: installs the dependencies and builds the addon, each only when that
 * is missing or out of date. Says nothing when there is nothing to do; when something is in the
 * way, says what and ends the process with code 1.
 *
 * @param {string} [root] the repository
 */
export function prepare(root = ROOT) {
  const problem = findProblem(root)
  if (problem) stop(problem)
  install(root)
  build(root)
}

/** Looks for what no script can install. */
function findProblem(root) {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    return `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer from https://nodejs.org and run this again`
  }
  // Errors are shown: the first call may have rustup download the toolchain, and rustup tells so.
  const cargo = spawnSync('cargo', ['--version'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit']
  })
  if (cargo.error?.code === 'ENOENT') {
    return 'cargo was not found: install Rust from https://rustup.rs and run this again'
  }
  if (cargo.error || cargo.status !== 0) {
    return 'cargo was found but does not run: repair Rust, see https://rustup.rs, and run this again'
  }
}

/**
 * Installs the packages of a folder, if they are missing or out of date.
 *
 * @param {string} root
 */
export function install(root) {
  // npm writes this file when an installation is complete.
  const installed = path.join(root, 'node_modules', '.package-lock.json')
  const lockfile = path.join(root, 'package-lock.json')
  const newest = Math.max(modified(path.join(root, 'package.json')), modified(lockfile))
  if (modified(installed) >= newest) return

  const command = existsSync(lockfile) ? 'ci' : 'install'
  // What builds and tests the package is wanted even if NODE_ENV is "production".
  npm(root, `Installing the dependencies (npm ${command})`, [
    command,
    '--include=dev',
    '--no-audit',
    '--no-fund'
  ])
  // npm leaves the file as it is when it finds nothing to change.
  if (existsSync(installed)) utimesSync(installed, new Date(), new Date())
}

function build(root) {
  const addon = path.join(root, addonName())
  if (modified(addon) >= Math.max(...inputs(root).map(modified))) return

  const start = Date.now()
  npm(root, 'Building the addon (npm run build), which takes a minute the first time', [
    'run',
    'build'
  ])
  if (!existsSync(addon)) stop(`The build did not make ${addonName()}, which this platform needs`)
  // As old as the start of the build: what was edited meanwhile may not be part of it. Except for
  // Cargo.lock, which cargo itself may have written.
  const made = new Date(Math.ceil(Math.max(start, modified(path.join(root, 'Cargo.lock')))))
  utimesSync(addon, made, made)
}

/** What the addon is built from. The generated binding.d.ts is not part of it. */
function inputs(root) {
  const src = path.join(root, 'src')
  return [
    ...['Cargo.toml', 'Cargo.lock', 'build.rs'].map((name) => path.join(root, name)),
    // The folders too, as their time tells of a file taken away.
    src,
    ...readdirSync(src, { recursive: true }).map((name) => path.join(src, name))
  ]
}

/** The name that napi gives the addon on this platform. */
function addonName() {
  const { arch, platform } = process
  let name = `${platform}-${arch}`
  if (platform === 'win32') name += '-msvc'
  if (platform === 'linux') name += `-${libc()}${arch === 'arm' ? 'eabihf' : ''}`
  return `express-session-native.${name}.node`
}

/** When a file was changed last, in milliseconds; -Infinity for a file that is missing. */
function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity
}

function npm(root, heading, args) {
  console.log(`> ${heading}`)
  const { error, status } = spawnSync('npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: NPM_NEEDS_SHELL
  })
  if (error) stop(`npm cannot be run (${error.message}): install it with Node and run this again`)
  // npm has said itself what went wrong.
  if (status !== 0) stop(`npm ${args[0]} failed, so this stops here`)
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
