// Runs the tests on each Node this package is for, and the smoke set on Bun and Deno.
//
//   npm run test:runtimes                       all of them
//   npm run test:runtimes -- --only node24,bun  these alone
//
// The runtimes come from npm, into integration/runtimes. One that cannot be installed or started here
// is said to be skipped. UPSTREAM_REPO is that of test-upstream.mjs.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { prepare } from './prepare.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const FOLDER = join(root, 'integration', 'runtimes')
const WINDOWS = process.platform === 'win32'
const SUITE = 'https://github.com/expressjs/session.git'
const MINUTE = 60_000
/** How long a process may take to clean up when it is told to end. */
const GRACE = 10_000

const { arch, platform } = process
const exe = (name) => (WINDOWS ? `${name}.exe` : name)

// The packages `node`, `bun` and `deno` only pick another package, with the binary for the platform,
// by a script at installation. Here these packages are looked for directly, so that no script has to
// run, and that the lockfile has the checksums of the binaries.
const runtimes = {
  ...Object.fromEntries(['node20', 'node22', 'node24', 'node26'].map((name) => [name, node(name)])),
  bun: bun(),
  deno: deno()
}

function node(name) {
  return {
    files: [join(`${name}-${platform}-${arch}`, 'bin', exe('node'))],
    steps: { tests, suite, smoke }
  }
}

function bun() {
  const kind = `${WINDOWS ? 'windows' : platform}-${arch === 'arm64' ? 'aarch64' : arch}`
  // npm installs the one that fits.
  const packages = [`bun-${kind}`, `bun-${kind}-musl`]
  return { files: packages.map((name) => join('@oven', name, 'bin', exe('bun'))), steps: { smoke } }
}

function deno() {
  const kind = `${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`
  return { files: [join('@deno', kind, exe('deno'))], runs: ['run', '-A'], steps: { smoke } }
}

/** The tests of this package. The processes they start are on the same Node, by PATH at the latest. */
async function tests({ binary }) {
  const { code, output } = await run(
    binary,
    [join(root, 'scripts', 'test.mjs'), '--js'],
    { PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` },
    15 * MINUTE
  )
  const count = (what) => Number(new RegExp(`^\\S+ ${what} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const skipped = count('skipped') ? `, ${count('skipped')} skipped` : ''
  const passed = count('pass')
  return {
    // A run of nothing is no success.
    failed: code !== 0 || passed === 0,
    says: `${passed} of ${count('tests')} tests pass${skipped}`,
    output
  }
}

/** The tests of express-session. */
async function suite({ binary }) {
  const problem = noSuite()
  if (problem) return { skipped: problem }
  const script = join(root, 'scripts', 'test-upstream.mjs')
  const { code, output } = await run(process.execPath, [script, '--node', binary], {}, 15 * MINUTE)
  const says = /^(?:test:upstream: .+|All \d+ tests .+|\d+ of \d+ tests .+)$/m.exec(output)?.[0]
  return { failed: code !== 0 || !says, says: says ?? 'no result', output }
}

async function smoke({ binary, runs = [] }) {
  // So that nothing is left behind in the user's own folder.
  const cache = mkdtempSync(join(tmpdir(), 'express-session-runtimes-'))
  try {
    const { code, output } = await run(
      binary,
      [...runs, join(FOLDER, 'smoke.js')],
      { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
      2 * MINUTE
    )
    const says = /^\d+ of \d+ checks .+$/m.exec(output)?.[0]
    return { failed: code !== 0 || !says, says: says ?? 'no result', output }
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

let answers
/** Why the suite cannot be had, if it cannot: asked once, as it takes a while to find out. */
function noSuite() {
  const repo = process.env.UPSTREAM_REPO || SUITE
  answers ??= spawnSync('git', ['ls-remote', '--quiet', '--tags', repo], {
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0' },
    stdio: 'ignore',
    timeout: 20_000
  })
  if (answers.status === 0) return undefined
  return `${repo} does not answer, and UPSTREAM_REPO can name another repository`
}

let running
let interrupted = false

function stop({ pid }, signal) {
  try {
    // Tests start processes of their own, so the whole group has to go.
    process.kill(WINDOWS ? pid : -pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    interrupted = true
    if (running) stop(running, 'SIGTERM')
  })
}

/** Runs a program to its end, and gives its exit code and what it prints. */
function run(command, args, env, limit) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !WINDOWS
    })
    let output = ''
    const timers = [
      setTimeout(() => {
        output += `\nStill running after ${limit / 1000} s\n`
        stop(child, 'SIGTERM')
      }, limit),
      setTimeout(() => stop(child, 'SIGKILL'), limit + GRACE)
    ]
    running = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (chunk) => (output += chunk))
    }
    child.on('error', (error) => (output += `\n${error.message}\n`))
    child.on('close', (code) => {
      timers.forEach(clearTimeout)
      running = undefined
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output) })
    })
  })
}

/** Installs the runtimes, if that was not done; says what was in the way. */
function install() {
  const modified = (name) => statSync(join(FOLDER, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  // npm writes this file when an installation is complete.
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return undefined
  console.log('> Installing the runtimes (npm ci in integration/runtimes)')
  const { error, status } = spawnSync(
    'npm',
    ['ci', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'],
    { cwd: FOLDER, stdio: 'inherit', shell: WINDOWS }
  )
  if (error) return `npm cannot be run: ${error.message}`
  return status === 0 ? undefined : 'npm ci failed, see above'
}

/** The runtime with its binary and its version, or with the reason why it has to be skipped. */
function found(name, problem) {
  const runtime = runtimes[name]
  const modules = join(FOLDER, 'node_modules')
  const binary = runtime.files.map((file) => join(modules, file)).find((file) => existsSync(file))
  if (!binary) {
    const again = 'without integration/runtimes/node_modules it is tried again'
    const missing = `npm installed no ${name} for ${platform}-${arch}; ${again}`
    return { name, skipped: problem ?? missing }
  }
  const { error, status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (status !== 0) return { name, skipped: `does not start here (${error?.message ?? status})` }
  return { ...runtime, name, binary, version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] }
}

/** Does all that a runtime has to do, and gives what came of it. */
async function tried(runtime) {
  const { name, skipped, steps, version } = runtime
  const title = `${name} (${version})`
  if (skipped) {
    console.log(`\n${name} is skipped: ${skipped}`)
    return { title: name, skipped, steps: {} }
  }
  const start = Date.now()
  const results = {}
  for (const [step, work] of Object.entries(steps)) {
    console.log(`\n> ${title}: ${step}`)
    // One thing at a time: they are told apart, and each has the machine for itself.
    // oxlint-disable-next-line no-await-in-loop
    const result = await work(runtime)
    if (interrupted) break
    results[step] = result
    if (result.failed) console.log(result.output)
    console.log(result.skipped ? `skipped: ${result.skipped}` : `${word(result)}: ${result.says}`)
  }
  return { title, steps: results, seconds: Math.round((Date.now() - start) / 1000) }
}

function word({ failed, skipped }) {
  if (skipped) return 'skipped'
  return failed ? 'FAILED' : 'passed'
}

/** One line for each runtime. */
function summarize(results) {
  const width = Math.max(...results.map(({ title }) => title.length))
  console.log('\nSummary')
  for (const { title, skipped, steps, seconds } of results) {
    const parts = Object.entries(steps).map(([step, result]) => {
      const [counts = ''] = /\d+ of \d+|All \d+/.exec(result.says) ?? []
      return `${step} ${word(result)} ${counts}`.trim()
    })
    const line = skipped ? `skipped: ${skipped}` : `${parts.join('; ')} (${seconds} s)`
    console.log(`  ${title.padEnd(width)}  ${line}`)
  }
}

function chosen() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const names = values.only?.split(',') ?? Object.keys(runtimes)
  const unknown = names.filter((name) => !Object.hasOwn(runtimes, name))
  if (unknown.length === 0) return names
  const known = Object.keys(runtimes).join(', ')
  console.error(`--only ${unknown.join(',')}: the runtimes are ${known}`)
  return process.exit(2)
}

const names = chosen()
prepare()
const problem = install()
const results = []
for (const name of names) {
  // oxlint-disable-next-line no-await-in-loop
  if (!interrupted) results.push(await tried(found(name, problem)))
}
if (interrupted) {
  console.error('test:runtimes: interrupted')
  process.exitCode = 130
} else {
  summarize(results)
  const steps = results.flatMap((result) => Object.values(result.steps))
  const failed = steps.filter((step) => step.failed).length
  if (failed > 0) console.error(`test:runtimes: ${failed} failed`)
  else if (steps.every((step) => step.skipped)) console.error('test:runtimes: all was skipped')
  else process.exitCode = 0
  process.exitCode ??= 1
}
