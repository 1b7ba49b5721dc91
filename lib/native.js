'use strict'

const { createRequire } = require('module')
const { join } = require('path')
const debug = require('debug')('express-session-native')
const { codedError } = require('./errors')
const { libc } = require('./libc')

/**
 * The session engine: a native library, or the same engine as WebAssembly where no library can be loaded.
 *
 * In this order: a library that was built here, the library of this platform's package, WebAssembly.
 * The environment variable `EXPRESS_SESSION_ENGINE` demands one: `native`, `wasm`, or the path of a
 * library.
 */

const { EXPRESS_SESSION_ENGINE: wanted = '' } = process.env

/**
 * The packages that contain libraries. The names are literal, so that bundlers and tracers find them.
 *
 * @type {Record<string, () => object>}
 */
const packages = {
  'linux-x64-gnu': () => require('@express-session-native/linux-x64-gnu'),
  'linux-x64-musl': () => require('@express-session-native/linux-x64-musl'),
  'linux-arm64-gnu': () => require('@express-session-native/linux-arm64-gnu'),
  'linux-arm64-musl': () => require('@express-session-native/linux-arm64-musl')
}

/** Why libraries could not be loaded. */
const failures = []

function load() {
  if (wanted !== '' && wanted !== 'native' && wanted !== 'wasm') {
    return createRequire(join(process.cwd(), 'index.js'))(wanted)
  }
  return (wanted === 'wasm' ? undefined : loadLibrary()) ?? loadWasm()
}

function loadLibrary() {
  const platform = platformName()
  return (
    attempt(() => requireLocal(`../express-session-native.${platform}.node`)) ??
    (packages[platform] && attempt(packages[platform]))
  )
}

/** Requires a file that is only there in a checkout, so bundlers must not look for it. */
function requireLocal(file) {
  // In a bundle of ES modules, there is no such name, and no file.
  return typeof __filename === 'string' ? createRequire(__filename)(file) : undefined
}

/** For example `linux-x64-gnu`. The names are those of napi. */
function platformName() {
  const { arch, platform } = process
  const abi = { linux: () => `-${libc()}`, win32: () => '-msvc' }[platform]
  return `${platform}-${arch}${abi ? abi() : ''}`
}

function attempt(loadIt) {
  try {
    return loadIt()
  } catch (error) {
    // A file that is not there says nothing about why a file that is there cannot be loaded.
    if (error?.code === 'MODULE_NOT_FOUND') failures.push(error)
    else failures.unshift(error)
    return undefined
  }
}

function loadWasm() {
  if (wanted === 'native') throw explained(failures[0])
  let wasm
  try {
    wasm = require('./wasm')
    // Compiles it.
    wasm.lifecycle()
  } catch (error) {
    throw explained(failures[0] ?? error, error)
  }
  if (debug.enabled) debug('engine: WebAssembly, because %s', reason())
  return wasm
}

function reason() {
  return failures.length === 0 ? 'EXPRESS_SESSION_ENGINE demands it' : firstLine(failures[0])
}

/**
 * The error if there is no engine: first the reason, then what helps.
 *
 * @param {unknown} cause Why the library could not be loaded.
 * @param {unknown} [wasmCause] Why the WebAssembly could not.
 */
function explained(cause, wasmCause) {
  const lines = [`express-session-native cannot load its engine: ${firstLine(cause)}`]
  if (wasmCause !== undefined && wasmCause !== cause) {
    lines.push(`WebAssembly instead: ${firstLine(wasmCause)}`)
  }
  lines.push(...adviceFor(cause))
  return codedError('ERR_SESSION_BINDING', lines.join('\n'), { cause })
}

function adviceFor(cause) {
  const text = `${cause?.message}`
  const here = `${platformName()}, Node ${process.versions.node}`
  if (cause?.code === 'ERR_DLOPEN_DISABLED') {
    return ['Node was started with --no-addons, or with --permission and without --allow-addons.']
  }
  if (cause?.code === 'MODULE_NOT_FOUND') {
    const platform = platformName()
    if (packages[platform] === undefined) return [`There is no library for ${here}.`]
    return [
      `Install @express-session-native/${platform}: it is an optional dependency, which npm leaves out`,
      'with --omit=optional, and with a lockfile that was written on another platform.'
    ]
  }
  if (/GLIBC_[\d.]+' not found/.test(text)) return ['The library needs glibc 2.17 or later.']
  if (
    /invalid ELF|Exec format|file too short|wrong ELF|cannot open shared|not a valid Win32/.test(
      text
    )
  ) {
    return [`The file is damaged, or is for another platform than ${here}. Install it again.`]
  }
  return [`The platform is ${here}.`]
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n', 1)[0]
}

module.exports = load()
