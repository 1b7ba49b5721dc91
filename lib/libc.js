'use strict'

const { closeSync, openSync, readSync, realpathSync } = require('fs')

/**
 * Which C library a Linux process uses. A library for glibc may crash a process that uses musl, so this has
 * to be known before one is loaded.
 *
 * An executable names its dynamic linker, whose name differs: `ld-linux-x86-64.so.2` or
 * `ld-musl-x86_64.so.1`. Reading that takes a few microseconds; `process.report` takes milliseconds.
 *
 * @returns {'gnu' | 'musl'}
 */
function libc() {
  const linker = linkerOf(process.execPath)
  if (linker === undefined) return fromReport()
  return /musl|gcompat/.test(linker) ? 'musl' : 'gnu'
}

/** ELF: program headers of 64-bit files, and the type of the one that names the dynamic linker. */
const INTERPRETER = 3
const HEADER_LENGTH = 64
/** The beginning of the file, which contains the headers and usually the name. */
const BEGINNING = 4096

/**
 * The path of the dynamic linker that an executable asks for.
 *
 * @param {string} file
 * @returns {string | undefined} Undefined if the file cannot be read or names none.
 */
function linkerOf(file) {
  try {
    const descriptor = openSync(file, 'r')
    try {
      return realPath(interpreterIn(descriptor))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

/** On Alpine with gcompat, the name of glibc's linker is a link. */
function realPath(path) {
  try {
    return path && realpathSync.native(path)
  } catch {
    return path
  }
}

function interpreterIn(descriptor) {
  const beginning = read(descriptor, 0, BEGINNING)
  const isElf64 = beginning.readUInt32BE(0) === 0x7f454c46 && beginning[4] === 2
  if (!isElf64 || beginning[5] !== 1) return undefined
  const start = Number(beginning.readBigUInt64LE(32))
  const size = beginning.readUInt16LE(54)
  const count = beginning.readUInt16LE(56)
  const headers = start === HEADER_LENGTH ? beginning : read(descriptor, start, size * count)
  const base = start === HEADER_LENGTH ? start : 0
  for (let n = 0; n < count; n++) {
    const at = base + n * size
    if (headers.readUInt32LE(at) !== INTERPRETER) continue
    const offset = Number(headers.readBigUInt64LE(at + 8))
    const length = Number(headers.readBigUInt64LE(at + 32))
    // Without the final NUL.
    return read(descriptor, offset, length).toString('latin1', 0, length - 1)
  }
  return undefined
}

function read(descriptor, position, length) {
  const bytes = Buffer.alloc(length)
  readSync(descriptor, bytes, 0, length, position)
  return bytes
}

/** The slow way, if the executable must not be read. */
function fromReport() {
  const { report } = process
  if (report === undefined) return 'gnu'
  // Otherwise the report looks up a name for each open connection.
  const { excludeNetwork } = report
  report.excludeNetwork = true
  const { header } = report.getReport()
  report.excludeNetwork = excludeNetwork
  return header.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

module.exports = { libc, linkerOf }
