// What holds for everything that is published.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import { ROOT, TARGETS } from './targets.mjs'
import { run } from './tools.mjs'

const MOST_BYTES = 1.2 * 2 ** 20
/** What Node looks for in a library. */
const EXPORTS = new Set(['napi_register_module_v1', 'node_api_module_get_api_version_v1'])

/** Checks a file that was built; throws what is wrong with it. */
export function check(name, file) {
  const { size } = fs.statSync(file)
  assert.ok(size <= MOST_BYTES, `${file} has ${size} bytes, more than ${MOST_BYTES}`)
  checkPaths(file)
  const said = name === 'wasm' ? checkWasm(file) : checkLibrary(TARGETS[name], file)
  console.log(`${name}: ${Math.round(size / 1024)} KB, ${said}`)
}

/** No path of this machine is inside. */
function checkPaths(file) {
  const bytes = fs.readFileSync(file)
  for (const path of [ROOT, os.homedir()]) {
    const found = path.length > 2 && bytes.includes(path)
    assert.ok(!found, `${file} contains the path ${path}`)
  }
}

function checkLibrary({ glibc, libc, machine }, file) {
  const header = run('readelf', ['-h', file])
  assert.match(header, new RegExp(`Machine:.*${machine}`), `${file} is not for ${machine}`)
  const dynamic = run('readelf', ['-d', file])
  const needed = Array.from(dynamic.matchAll(/NEEDED.*\[(.*)\]/g), ([, name]) => name)
  const symbols = run('readelf', ['-W', '--dyn-syms', file])
  const exported = Array.from(symbols.matchAll(/GLOBAL +DEFAULT +\d+ (\S+)/g), ([, name]) => name)
  const others = exported.filter((name) => !EXPORTS.has(name))
  assert.deepEqual(others, [], `${file} exports more than Node needs`)
  assert.ok(exported.includes('napi_register_module_v1'), `${file} is no addon`)
  if (libc === 'musl') {
    assert.ok(!needed.includes('libc.so.6'), `${file} needs glibc`)
    return `needs ${needed.join(', ')}`
  }
  const versions = Array.from(symbols.matchAll(/@GLIBC_([\d.]+)/g), ([, version]) => version)
  const highest = versions.toSorted(byVersion).pop()
  assert.ok(byVersion(highest, glibc) <= 0, `${file} needs glibc ${highest}`)
  return `needs glibc ${highest}`
}

function byVersion(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number))
  return a[0] - b[0] || a[1] - b[1] || (a[2] ?? 0) - (b[2] ?? 0)
}

/** It asks for nothing but random bytes. */
function checkWasm(file) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(fs.readFileSync(file)))
  assert.deepEqual(
    imports.map(({ module, name }) => `${module}.${name}`),
    ['host.random']
  )
  return 'one import'
}
