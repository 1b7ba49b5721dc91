'use strict'

// Which engine is loaded, and what is said if there is none: with copies of the package in which something
// is missing, damaged or forbidden.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { libc, linkerOf } = require('../lib/libc')

const root = resolve(__dirname, '..')
const platform = `${process.platform}-${process.arch}${process.platform === 'linux' ? `-${libc()}` : ''}`
const library = `express-session-native.${platform}.node`
const hasLibrary = fs.existsSync(join(root, library))
const hasWasm = fs.existsSync(join(root, 'lib', 'wasm', 'engine.js'))
/** Platforms with a package. */
const hasPackage = /^linux-(?:x64|arm64)-/.test(platform)

const needs = (...conditions) => ({
  skip: conditions.every(Boolean) ? false : 'not built here: npm run build:all'
})

let scratch
let copies = 0

before(() => (scratch = fs.mkdtempSync(join(tmpdir(), 'express-session-native-'))))
after(() => fs.rmSync(scratch, { recursive: true, force: true }))

/**
 * A copy of the package.
 *
 * @param {object} parts
 * @param {Buffer} [parts.local] The contents of a library that was built here.
 * @param {Buffer} [parts.packaged] Those of the platform's package.
 * @param {boolean} [parts.wasm]
 */
function copy({ local, packaged, wasm = false }) {
  const folder = join(scratch, `${copies++}`, 'node_modules', 'express-session-native')
  fs.mkdirSync(folder, { recursive: true })
  for (const name of ['index.js', 'lib', 'session', 'package.json']) {
    fs.cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  for (const name of ['debug', 'depd', 'on-headers', 'parseurl']) {
    fs.symlinkSync(join(root, 'node_modules', name), join(folder, '..', name), 'junction')
  }
  if (local) fs.writeFileSync(join(folder, library), local)
  if (packaged) {
    const own = join(folder, '..', '@express-session-native', platform)
    fs.mkdirSync(own, { recursive: true })
    fs.writeFileSync(join(own, library), packaged)
    fs.writeFileSync(join(own, 'package.json'), JSON.stringify({ main: library }))
  }
  if (!wasm) fs.rmSync(join(folder, 'lib', 'wasm', 'engine.js'), { force: true })
  return folder
}

/** Loads a copy in a process of its own, and logs in. */
function load(folder, { flags = [], env = {} } = {}) {
  const program = `
    try {
      const session = require(${JSON.stringify(folder)})
      const store = new session.MemoryStore()
      store.set('sid', { cookie: new session.Cookie(), user: 'tobi' })
      const isListed = Object.keys(session).includes('engine')
      store.get('sid', (error, { user }) =>
        console.log(JSON.stringify({ engine: session.engine, isListed, user })))
    } catch (error) {
      const { code, message } = error
      console.log(JSON.stringify({ code, message, isError: error instanceof Error }))
    }`
  const { stderr, stdout } = spawnSync(process.execPath, [...flags, '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, EXPRESS_SESSION_ENGINE: '', NODE_OPTIONS: '', ...env }
  })
  assert.notEqual(stdout, '', stderr)
  return { ...JSON.parse(stdout), stderr }
}

const works = (engine) => ({ engine, isListed: false, user: 'tobi' })
const wasmWorks = ({ stderr, ...found }) => assert.deepEqual(found, works('wasm'), stderr)
const nativeWorks = ({ stderr, ...found }) => assert.deepEqual(found, works('native'), stderr)
const bytes = () => fs.readFileSync(join(root, library))
const damaged = Buffer.from('not a library\n'.repeat(99))
const log = { DEBUG: 'express-session-native' }
const demand = (engine) => ({ EXPRESS_SESSION_ENGINE: engine })

describe('the engine', () => {
  test('is a library that was built here', needs(hasLibrary), () => {
    nativeWorks(load(copy({ local: bytes() })))
  })

  test('is the library of the platform’s package', needs(hasLibrary, hasPackage), () => {
    nativeWorks(load(copy({ packaged: bytes(), wasm: true })))
  })

  test('is a library by its path, where that is demanded', needs(hasLibrary), () => {
    nativeWorks(load(copy({}), { env: demand(join(root, library)) }))
  })

  test('is WebAssembly without a library, and a debug line says why', needs(hasWasm), () => {
    const found = load(copy({ wasm: true }), { env: log })
    wasmWorks(found)
    assert.match(
      found.stderr,
      hasPackage
        ? /engine: WebAssembly, because Cannot find module '@express-session-native\//
        : /engine: WebAssembly, because there is no library for/
    )
  })

  test('is WebAssembly if that is demanded', needs(hasLibrary, hasWasm), () => {
    wasmWorks(load(copy({ local: bytes(), wasm: true }), { env: demand('wasm') }))
  })

  test('is WebAssembly if the library is damaged', needs(hasWasm, hasPackage), () => {
    const found = load(copy({ packaged: damaged, wasm: true }), { env: log })
    wasmWorks(found)
    assert.match(found.stderr, /because .*(?:invalid ELF header|Exec format error)/)
  })

  test(
    'is WebAssembly if the C library is too old',
    needs(hasLibrary, hasWasm, libc() === 'gnu'),
    () => {
      // Not a version that will ever be there.
      const text = bytes().toString('latin1')
      const newer = Buffer.from(text.replace(/GLIBC_2\.(\d\d)/g, 'GLIBC_9.$1'), 'latin1')
      const found = load(copy({ packaged: newer, wasm: true }), { env: log })
      wasmWorks(found)
      assert.match(found.stderr, /because .*GLIBC_9\.\d\d' not found/)
      const { message } = load(copy({ packaged: newer }), { env: demand('native') })
      assert.match(
        message,
        /^express-session-native cannot load its engine: .*GLIBC_9\.\d\d' not found/
      )
      assert.match(message, /The library needs glibc 2\.17 or later\./)
    }
  )

  test('is WebAssembly if addons are forbidden', needs(hasLibrary, hasWasm), () => {
    const found = load(copy({ packaged: bytes(), wasm: true }), {
      flags: ['--no-addons'],
      env: log
    })
    wasmWorks(found)
    assert.match(found.stderr, /because .*addons/)
  })

  test('is WebAssembly under the permission model', needs(hasLibrary, hasWasm), () => {
    const [major] = process.versions.node.split('.')
    const flags = [major >= 24 ? '--permission' : '--experimental-permission', '--allow-fs-read=*']
    wasmWorks(load(copy({ packaged: bytes(), wasm: true }), { flags }))
    if (major >= 22) {
      nativeWorks(load(copy({ packaged: bytes() }), { flags: [...flags, '--allow-addons'] }))
    }
  })
})

describe('without an engine, the error', () => {
  const failure = (parts, options) => {
    const { code, isError, message } = load(copy(parts), options)
    assert.deepEqual([code, isError], ['ERR_SESSION_BINDING', true])
    const [first, ...others] = message.split('\n')
    assert.ok(others.length <= 4, message)
    return { first, message }
  }

  test('says that the platform’s package is missing', needs(hasPackage), () => {
    const { first, message } = failure({})
    assert.match(first, /cannot load its engine: Cannot find module/)
    assert.match(message, new RegExp(`Install @express-session-native/${platform}`))
    assert.doesNotMatch(message, /npm run build/)
  })

  test('says that the file is damaged', needs(hasPackage), () => {
    const { first, message } = failure({ packaged: damaged })
    if (process.platform === 'linux') assert.match(first, /invalid ELF header|Exec format error/)
    assert.match(message, /The file is damaged, or is for another platform than/)
    assert.match(message, /Cannot find module '\.\/engine'/)
  })

  test('says that addons are forbidden', needs(hasLibrary), () => {
    const { message } = failure({ packaged: bytes() }, { flags: ['--no-addons'] })
    assert.match(message, /Node was started with --no-addons/)
  })

  test('says what was demanded in vain', needs(hasWasm), () => {
    const { first } = failure({ wasm: true }, { env: demand('native') })
    assert.match(first, /Cannot find module/)
    for (const wanted of ['Wasm', './no.node', '/no/such/file.node', 'fs']) {
      const { message } = failure({ wasm: true }, { env: demand(wanted) })
      assert.match(
        message,
        /EXPRESS_SESSION_ENGINE must be "native", "wasm" or the path of a library/
      )
    }
  })

  test('does not blame a missing file if another one is broken', needs(hasPackage), () => {
    const { first } = failure({ packaged: damaged }, { env: demand('native') })
    assert.doesNotMatch(first, /Cannot find module/)
  })
})

describe('the C library', { skip: process.platform === 'linux' ? false : 'only on Linux' }, () => {
  /** The beginning of an executable whose program headers name this linker. */
  function executable(linker, { headersAt = 64, nameAt = 1000, isElf64 = true } = {}) {
    const file = Buffer.alloc(9000)
    file.writeUInt32BE(0x7f454c46, 0)
    file[4] = isElf64 ? 2 : 1
    file[5] = 1
    file.writeBigUInt64LE(BigInt(headersAt), 32)
    file.writeUInt16LE(56, 54)
    file.writeUInt16LE(2, 56)
    file.writeUInt32LE(6, headersAt)
    file.writeUInt32LE(linker === undefined ? 1 : 3, headersAt + 56)
    file.writeBigUInt64LE(BigInt(nameAt), headersAt + 56 + 8)
    file.writeBigUInt64LE(BigInt((linker ?? '').length + 1), headersAt + 56 + 32)
    file.write(`${linker ?? ''}\0`, nameAt)
    const path = join(scratch, `executable-${copies++}`)
    fs.writeFileSync(path, file)
    return path
  }

  test('is the one whose linker the executable names', () => {
    assert.match(linkerOf(process.execPath), /ld-(?:linux|musl)|libc/)
    for (const linker of ['/lib/no/ld-musl-x86_64.so.1', '/lib/no/ld-linux-x86-64.so.2']) {
      assert.equal(linkerOf(executable(linker)), linker)
      assert.equal(linkerOf(executable(linker, { headersAt: 5000, nameAt: 8000 })), linker)
    }
  })

  test('is unknown if the executable names none, or cannot be read', () => {
    assert.equal(linkerOf(executable(undefined)), undefined)
    assert.equal(linkerOf(executable('/lib/ld.so', { isElf64: false })), undefined)
    assert.equal(linkerOf(join(scratch, 'no such file')), undefined)
    fs.writeFileSync(join(scratch, 'short'), '\x7fELF')
    assert.equal(linkerOf(join(scratch, 'short')), undefined)
  })
})
