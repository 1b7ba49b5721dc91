// Builds the engine for several targets, checks what was built, and packs the packages as they are published.
//
//   npm run build:all                             wasm, linux-x64-gnu and linux-x64-musl
//   npm run build:all linux-arm64-gnu             this one; "all" for every target
//   npm run build:all -- --into <folder> wasm     the libraries alone, into a folder
//
// Everything is written to dist/, except for lib/wasm/engine.js, which the JavaScript needs.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { check } from './targets/check.mjs'
import { pack } from './targets/pack.mjs'
import { ROOT, TARGETS, chosen, libraryName } from './targets/targets.mjs'
import { Unavailable, cargoFor } from './targets/tools.mjs'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { into: { type: 'string' } }
})

const DIST = path.join(ROOT, 'dist')

for (const name of chosen(positionals)) {
  console.log(`> Building ${name}`)
  // What an earlier build has left must not be taken for this one's.
  fs.rmSync(outputOf(name), { force: true })
  try {
    check(name, build(name))
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    console.log(`SKIPPED: ${name}: ${error.message}`)
  }
}
if (values.into === undefined) packAll()

/** Packs what is in dist/engines now, which may be of several builds. */
function packAll() {
  if (!fs.existsSync(path.join(ROOT, 'lib', 'wasm', 'engine.js'))) {
    console.log('Nothing is packed: lib/wasm/engine.js is missing, which the target wasm makes')
    return
  }
  const libraries = Object.keys(TARGETS)
    .map((name) => ({ name, file: path.join(DIST, 'engines', libraryName(name)) }))
    .filter(({ file }) => fs.existsSync(file))
  const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`
  for (const { file, size, unpackedSize } of pack(DIST, libraries)) {
    const name = path.relative(ROOT, file)
    console.log(`${name}: ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}`)
  }
}

/** Builds one target and returns the file. */
function build(name) {
  const target = TARGETS[name]
  const isWasm = name === 'wasm'
  const { command, args, env, sources } = cargoFor(target)
  const folder = path.join(ROOT, 'target', 'all')
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo')
  // No path of this machine gets into what is published.
  const paths = {
    [ROOT.replace(/\/$/, '')]: '.',
    [cargoHome]: 'cargo',
    ...(sources && { [sources]: 'rust' })
  }
  const flags = Object.entries(paths).map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
  if (isWasm) {
    flags.push('--cfg', 'getrandom_backend="custom"')
    // Node 20 writes no text beyond 2 GiB.
    flags.push('-C', `link-arg=--max-memory=${2 ** 31}`)
  }
  if (target.libc === 'musl') flags.push('-C', 'target-feature=-crt-static')
  const features = isWasm ? ['--no-default-features', '--features', 'wasm'] : []
  const { error, status } = spawnSync(
    command,
    [...args, '--release', '--lib', '--locked', ...features],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...env,
        CARGO_TARGET_DIR: folder,
        CARGO_ENCODED_RUSTFLAGS: flags.join('\u001f'),
        // Nothing unwinds in WebAssembly.
        ...(isWasm && { CARGO_PROFILE_RELEASE_PANIC: 'abort' })
      }
    }
  )
  if (error) throw new Unavailable(`${command} cannot be run: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
  const output = path.join(folder, target.triple, 'release')
  if (!isWasm) return copied(path.join(output, 'libexpress_session_native.so'), name)
  const file = path.join(output, 'express_session_native.wasm')
  if (values.into === undefined) writeEngine(file)
  return copied(file, name)
}

/** Where the file of a target goes. */
function outputOf(name) {
  const into = path.resolve(values.into ?? path.join(DIST, 'engines'))
  return path.join(into, name === 'wasm' ? 'engine.wasm' : libraryName(name))
}

function copied(from, name) {
  const to = outputOf(name)
  fs.mkdirSync(path.dirname(to), { recursive: true })
  fs.copyFileSync(from, to)
  return to
}

/** The WebAssembly as a script: so every bundler takes it along. */
function writeEngine(file) {
  const text = fs.readFileSync(file).toString('base64')
  const script = path.join(ROOT, 'lib', 'wasm', 'engine.js')
  fs.writeFileSync(script, `'use strict'\n\nmodule.exports =\n  '${text}'\n`)
}
