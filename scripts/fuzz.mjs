// Fuzzes the engine, one target after the other, starting from the committed corpus.
//
//   npm run fuzz                                   each target for 60 s
//   npm run fuzz -- --seconds 1800                 each target for half an hour
//   npm run fuzz -- --target signature             this one alone; may be given more than once
//
// What is new goes to target/fuzz-corpus, an input that fails to fuzz/artifacts; exit code 1 then.
// Needs cargo-fuzz: cargo install cargo-fuzz --locked. A nightly toolchain is not needed.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const all = readdirSync(join(root, 'fuzz/corpus')).toSorted()
// cargo-fuzz asks for sanitizers, which the compiler otherwise gives to nightly toolchains alone.
const env = { ...process.env, RUSTC_BOOTSTRAP: '1' }
const LONGEST_INPUT = 4096

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string', multiple: true, default: all }
  }
})
const seconds = Number(values.seconds)
if (!Number.isSafeInteger(seconds) || seconds < 1) stop('--seconds must be a whole number', 2)
const unknown = values.target.filter((name) => !all.includes(name))
if (unknown.length > 0) stop(`no such target: ${unknown}; there are ${all.join(', ')}`, 2)

if (spawnSync('cargo', ['fuzz', '--version'], { cwd: root, env }).status !== 0) {
  stop('cargo-fuzz is not installed: cargo install cargo-fuzz --locked', 2)
}
if (cargoFuzz('build', { stdio: 'inherit' }).status !== 0) stop('the targets do not build', 1)

const failed = []
for (const target of values.target) {
  const start = Date.now()
  const { status, executions, seen } = await run(target)
  const took = Math.round((Date.now() - start) / 1000)
  console.log(`${target}: ${executions} executions in ${took} s, ${seen}`)
  if (status !== 0) failed.push(target)
}
if (failed.length > 0) stop(`failed: ${failed.join(', ')}; see fuzz/artifacts`, 1)
console.log(`nothing found in ${values.target.length} targets`)

function cargoFuzz(command, options) {
  return spawnSync('cargo', ['fuzz', command], { cwd: join(root, 'fuzz'), env, ...options })
}

/** Runs a target to the end of its time or its first failure; what it prints is shown if it fails. */
async function run(target) {
  const found = join(root, 'target/fuzz-corpus', target)
  mkdirSync(found, { recursive: true })
  const args = [
    'fuzz',
    'run',
    target,
    found,
    join(root, 'fuzz/corpus', target),
    '--',
    `-max_total_time=${seconds}`,
    `-max_len=${LONGEST_INPUT}`,
    // An input that takes this long is a finding too.
    '-timeout=5',
    '-print_final_stats=1'
  ]
  const child = spawn('cargo', args, { cwd: join(root, 'fuzz'), env, stdio: ['ignore', 2, 'pipe'] })
  const printed = []
  let executions = 0
  let seen = 'no coverage reported'
  for await (const line of createInterface({ input: child.stderr })) {
    printed.push(line)
    executions = Number(/^stat::number_of_executed_units: (\d+)/.exec(line)?.[1] ?? executions)
    seen = /cov: \d+ ft: \d+ corp: \S+/.exec(line)?.[0] ?? seen
  }
  const status = child.exitCode ?? (await new Promise((resolve) => child.on('close', resolve)))
  if (status !== 0) {
    const panic = printed.findIndex((line) => line.includes('panicked at'))
    console.error([...printed.slice(panic, panic + 5), ...printed.slice(-40)].join('\n'))
  }
  return { status, executions: executions.toLocaleString('en'), seen }
}

function stop(message, code) {
  console.error(message)
  process.exit(code)
}
