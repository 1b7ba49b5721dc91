// Runs the test suite of express-session, unchanged, against this package.
//
//   npm run test:upstream                this package
//   npm run test:upstream -- --genuine   the npm package express-session, as a control
//   npm run test:upstream -- --node BIN  on this Node instead of the one that runs this
//   npm run test:upstream -- --package F this package as it is installed in the folder F; needs no Rust
//
// A test that fails is run with express-session, too: what fails there in the same way is no fault of
// this package, and is told as such.
//
// UPSTREAM_REPO names another git repository to take the suite from, such as a local clone.
// Nothing of the suite stays behind: it lives in a temporary folder while it runs.

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { prepare } from './prepare.mjs'

const DEFAULT_REPO = 'https://github.com/expressjs/session.git'
const VERSION = '1.19.0'
const TAG = `v${VERSION}`
const EXPECTED_PASSES = 160
// Of a few tests one can tell that a Node is too new for them; of more, something else is wrong.
const MOST_FAILURES_IN_BOTH = 3
const FORWARDED = [
  'index.js',
  'session/cookie.js',
  'session/memory.js',
  'session/session.js',
  'session/store.js'
]
// What the suite needs to lint itself and to measure its coverage, but not to run.
const NOT_NEEDED = new Set(['eslint', 'eslint-plugin-markdown', 'nyc'])

const MINUTE = 60_000
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

let running
let interrupted = false

function stop(child) {
  try {
    // npm and git start processes of their own, so the whole group has to go.
    if (process.platform === 'win32') child.kill()
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    interrupted = true
    if (running) stop(running)
  })
}

/** Runs a command to its end and gives its exit code and its output, which `show` also prints. */
function run(command, args, { cwd, env, timeout, show = false }) {
  return new Promise((resolve, reject) => {
    if (interrupted) {
      reject(new Failure('interrupted', 130))
      return
    }

    const windows = process.platform === 'win32'
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !windows,
      // npm is a batch file there, which only a shell can start.
      shell: windows && command === 'npm'
    })
    let output = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      stop(child)
    }, timeout)

    running = child
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr]
    ]) {
      from.setEncoding('utf8')
      from.on('data', (chunk) => {
        output += chunk
        if (show) to.write(chunk)
      })
    }
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(new Failure(`could not start ${command}: ${error.message}`))
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      running = undefined
      if (interrupted) reject(new Failure('interrupted', 130))
      else if (timedOut)
        reject(new Failure(`${command} was still running after ${timeout / 1000} s`))
      else resolve({ code: code ?? 1, output: stripVTControlCharacters(output) })
    })
  })
}

function lastLine(text) {
  return text.trim().split('\n').at(-1).trim()
}

async function clone(repo, folder) {
  const unreachable = (why) =>
    new Failure(`the express-session test suite could not be fetched from ${repo} (${why})`)
  let result

  try {
    result = await run(
      'git',
      // A local path would be copied whole, with all its history, without --no-local.
      ['clone', '--quiet', '--no-local', '--depth', '1', '--branch', TAG, repo, folder],
      { cwd: root, env: { GIT_TERMINAL_PROMPT: '0' }, timeout: 2 * MINUTE }
    )
  } catch (error) {
    throw interrupted ? error : unreachable(error.message)
  }
  if (result.code !== 0) throw unreachable(lastLine(result.output))
}

/** Makes what the suite requires as its own sources resolve to the package under test. */
async function forward(folder, target) {
  await Promise.all(
    FORWARDED.map((file) =>
      writeFile(
        join(folder, file),
        `module.exports = require(${JSON.stringify(join(target, file))})\n`
      )
    )
  )
}

async function install(folder) {
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))

  // The dependencies are those of the sources that were just replaced.
  delete manifest.dependencies
  manifest.devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).filter(([name]) => !NOT_NEEDED.has(name))
  )
  await writeFile(file, JSON.stringify(manifest))

  const { code, output } = await run(
    'npm',
    [
      'install',
      '--include=dev',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      '--prefer-offline'
    ],
    { cwd: folder, timeout: 5 * MINUTE }
  )

  if (code !== 0) {
    process.stderr.write(output)
    throw new Failure("the suite's own development dependencies could not be installed", code)
  }
  return Object.entries(manifest.devDependencies).map(([name, version]) => `${name}@${version}`)
}

async function genuine() {
  let manifest

  try {
    manifest = require.resolve('express-session/package.json')
  } catch {
    throw new Failure('the control needs the development dependencies: run `npm ci` first')
  }

  const { name, version } = JSON.parse(await readFile(manifest, 'utf8'))

  if (name !== 'express-session' || version !== VERSION) {
    throw new Failure(`the control needs express-session ${VERSION}, not ${name} ${version}`)
  }
  return dirname(manifest)
}

/** Runs the suite's own script: its certificate, then mocha with its own flags. */
async function runSuite(suite, target, { node, show }) {
  await forward(suite, target)
  const PATH = node ? `${dirname(resolve(node))}${delimiter}${process.env.PATH}` : process.env.PATH
  // Under any other NODE_ENV, Express prints the stack of every error that the suite provokes.
  const env = { NODE_ENV: 'test', PATH }
  const { code, output } = await run('npm', ['test'], {
    cwd: suite,
    env,
    timeout: 5 * MINUTE,
    show
  })
  return {
    code,
    passing: Number(/^\s*(\d+) passing\b/m.exec(output)?.[1] ?? 0),
    failures: failedTests(output)
  }
}

/** The full titles of the tests that mocha lists as failed, behind its count of them. */
function failedTests(output) {
  const [, list = ''] = output.split(/^\s*\d+ failing$/m)
  return [...list.matchAll(/^ +\d+\) ([^]+?):$/gm)].map(([, title]) => title.replace(/\s+/g, ' '))
}

/** The tests that failed, if every one of them fails with express-session as well. */
async function failuresInBoth(suite, node, { passing, failures }) {
  const few = failures.length > 0 && failures.length <= MOST_FAILURES_IN_BOTH
  if (!few || passing + failures.length !== EXPECTED_PASSES) return undefined

  console.log(`Running the suite with npm's express-session ${VERSION}, to see if it fails as well`)
  const control = await runSuite(suite, await genuine(), { node })
  return failures.every((title) => control.failures.includes(title)) ? failures : undefined
}

async function main() {
  const { values } = parseArgs({
    options: {
      genuine: { type: 'boolean', default: false },
      node: { type: 'string' },
      package: { type: 'string' }
    }
  })
  const repo = process.env.UPSTREAM_REPO || DEFAULT_REPO

  // First, as it ends the process itself when something is in the way. The control needs no addon.
  if (!values.genuine && !values.package) await prepare()

  const installed = values.package === undefined ? root : resolve(values.package)
  const target = values.genuine ? await genuine() : installed
  const folder = await mkdtemp(join(tmpdir(), 'express-session-suite-'))

  try {
    const suite = join(folder, 'suite')
    await clone(repo, suite)
    const installed = await install(suite)
    const what = values.genuine ? `npm's express-session ${VERSION}` : 'this package'

    console.log(`The suite of express-session ${TAG} against ${what}`)
    console.log(`  with ${installed.join(', ')}\n`)

    const result = await runSuite(suite, target, { node: values.node, show: true })
    const { code, passing } = result

    if (code === 0 && passing === EXPECTED_PASSES) {
      console.log(`All ${EXPECTED_PASSES} tests of express-session ${TAG} pass against ${what}`)
      return
    }
    const inBoth = values.genuine ? undefined : await failuresInBoth(suite, values.node, result)
    if (inBoth) {
      console.log(
        `${passing} of ${EXPECTED_PASSES} tests of express-session ${TAG} pass against ${what}; ` +
          `with express-session itself these fail on this Node, too: ${inBoth.join('; ')}`
      )
    } else if (code !== 0) {
      throw new Failure(`${passing} of ${EXPECTED_PASSES} tests passed`, code)
    } else {
      throw new Failure(`${passing} tests passed where ${EXPECTED_PASSES} were expected`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof Failure)) throw error
  console.error(`test:upstream: ${error.message}`)
  process.exitCode = error.exitCode
}
