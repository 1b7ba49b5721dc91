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
  if (wanted !== '' && wanted !== 'native' && wanted !== 'wasm') return loadFile()
  return (wanted === 'wasm' ? undefined : loadLibrary()) ?? loadWasm()
}

/** The library that the environment demands. */
function loadFile() {
  const library = attempt(() => createRequire(join(process.cwd(), 'index.js'))(wanted))
  if (typeof library?.memorySet === 'function') return library
  const what = 'EXPRESS_SESSION_ENGINE must be "native", "wasm" or the path of a library'
  throw explained(failures[0] ?? new Error(what), new Error(what))
}

function loadLibrary() {
  const platform = platformName()
  return (
    attempt(() => requireLocal(`../express-session-native.${platform}.node`), true) ??
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

function attempt(loadIt, mayBeMissing = false) {
  try {
    return loadIt()
  } catch (error) {
    const isMissing = error?.code === 'MODULE_NOT_FOUND'
    // That a file is not there does not say why another one cannot be loaded.
    if (!isMissing) failures.unshift(error)
    else if (!mayBeMissing) failures.push(error)
    return undefined
  }
}

function loadWasm() {
  const cause = failures[0] ?? new Error(`there is no library for ${platformName()}`)
  if (wanted === 'native') throw explained(cause)
  let wasm
  try {
    wasm = require('./wasm')
    // Compiles it.
    wasm.lifecycle()
  } catch (error) {
    throw wanted === 'wasm' ? explained(error) : explained(cause, error)
  }
  if (debug.enabled) {
    const reason = wanted === 'wasm' ? 'EXPRESS_SESSION_ENGINE demands it' : firstLine(cause)
    debug('engine: WebAssembly, because %s', reason)
  }
  return wasm
}

/**
 * The error if there is no engine: first the reason, then what helps.
 *
 * @param {unknown} cause Why the engine could not be loaded that was wanted most.
 * @param {unknown} [other] Why WebAssembly could not, or what is wrong with the environment variable.
 */
function explained(cause, other) {
  const lines = [`express-session-native cannot load its engine: ${firstLine(cause)}`]
  if (other !== undefined && other.message !== cause.message) lines.push(firstLine(other))
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
    const isOurs = text.includes('@express-session-native/')
    if (!isOurs || packages[platform] === undefined) return [`The platform is ${here}.`]
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
