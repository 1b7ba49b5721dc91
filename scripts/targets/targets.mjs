import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The scope of the packages with native libraries. */
export const SCOPE = '@express-session-native'

/**
 * What the engine is built for. `os`, `cpu` and `libc` are those of package.json; npm installs a package
 * only where they fit. `glibc` is the oldest version that the library works with.
 *
 * @type {Record<string, Target>}
 *
 * @typedef {object} Target
 * @property {string} triple Rust's name.
 * @property {string} [glibc]
 * @property {string} [os]
 * @property {string} [cpu]
 * @property {string} [libc]
 * @property {string} [machine] The name in an ELF header, as readelf prints it.
 * @property {string[]} std The parts of Rust's standard library to build, if there is none for the target.
 */
export const TARGETS = {
  wasm: { triple: 'wasm32-unknown-unknown', std: ['std', 'panic_abort'] },
  'linux-x64-gnu': linux('x86_64-unknown-linux-gnu', 'x64', 'glibc'),
  'linux-x64-musl': linux('x86_64-unknown-linux-musl', 'x64', 'musl'),
  'linux-arm64-gnu': linux('aarch64-unknown-linux-gnu', 'arm64', 'glibc'),
  'linux-arm64-musl': linux('aarch64-unknown-linux-musl', 'arm64', 'musl')
}

/** What is built without naming any. */
export const USUAL = ['wasm', 'linux-x64-gnu', 'linux-x64-musl']

function linux(triple, cpu, libc) {
  return {
    triple,
    os: 'linux',
    cpu,
    libc,
    ...(libc === 'glibc' && { glibc: '2.17' }),
    machine: cpu === 'x64' ? 'X86-64' : 'AArch64',
    std: ['std', 'panic_unwind']
  }
}

/** The file name of a native library. */
export function libraryName(target) {
  return `express-session-native.${target}.node`
}

/** The targets that were asked for; ends the process for an unknown one. */
export function chosen(names) {
  const wanted = names.includes('all') ? Object.keys(TARGETS) : names
  const unknown = wanted.find((name) => !(name in TARGETS))
  if (unknown !== undefined) {
    console.error(`There is no target ${unknown}. Targets: ${Object.keys(TARGETS).join(', ')}, all`)
    process.exit(2)
  }
  return wanted.length > 0 ? wanted : USUAL
}
