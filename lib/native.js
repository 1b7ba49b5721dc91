'use strict'

/**
 * Loads the native library, or throws one error that says why it cannot be loaded. `../binding.js`, which
 * napi generates, tries the file names of every platform in turn. That takes longer than loading the rest of
 * this package, so the usual file is tried first.
 */
module.exports = loadUsual() ?? load()

function loadUsual() {
  if (process.env.NAPI_RS_NATIVE_LIBRARY_PATH) return undefined
  const abi = { linux: '-gnu', win32: '-msvc' }[process.platform] ?? ''
  try {
    return require(`../express-session-native.${process.platform}-${process.arch}${abi}.node`)
  } catch {
    // `binding.js` fails with the same error.
    return undefined
  }
}

function load() {
  try {
    return require('../binding.js')
  } catch (error) {
    throw explain(error)
  }
}

function explain(cause) {
  const attempts = []
  for (let error = cause.cause; error; error = error.cause) attempts.push(firstLine(error))
  if (attempts.length === 0) attempts.push(firstLine(cause))

  const error = new Error(
    [
      `express-session-native has no native library that can be loaded on ${platform()}.`,
      'Tried:',
      ...attempts.map((attempt) => `  - ${attempt}`),
      'To fix this, reinstall on this platform (npm ci), without --omit=optional or --no-optional.',
      "Or build it from source: install Rust (cargo) and run npm run build in the package's folder."
    ].join('\n'),
    { cause }
  )
  error.code = 'ERR_SESSION_BINDING'
  return error
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n', 1)[0]
}

/** For example `linux-x64 (glibc 2.36), Node v20.20.2`. */
function platform() {
  const glibc = process.report?.getReport?.().header?.glibcVersionRuntime
  const libc = process.platform === 'linux' ? (glibc ? ` (glibc ${glibc})` : ' (musl)') : ''
  return `${process.platform}-${process.arch}${libc}, Node ${process.version}`
}
