'use strict'

const { randomFillSync } = require('crypto')
const { codedError } = require('../errors')
const engine = require('./engine')

/**
 * One instance of the engine as WebAssembly, and how text gets in and out of its memory. `src/wasm/` is
 * the other side.
 */

/** The input buffer, in bytes; it only grows for a longer text, and shrinks again after that. */
const INPUT = 64 * 1024
/** A UTF-16 code unit takes up to three bytes. */
const BYTES_PER_UNIT = 3
/** The maximum length of all texts of a call, in UTF-16 code units. The memory is limited to 2 GiB. */
const MOST_UNITS = 2 ** 26
/** For shorter texts, writing the characters here takes less time than a call. */
const SHORT = 64

/** Statuses of calls; see `src/wasm/state.rs`. */
const FAILED = -100

/** The encodings of a result. */
const ENCODINGS = ['latin1', 'utf8', 'utf16le']
/** The numbers of an answer; its addresses follow. */
const NUMBERS = 1024

let compiled

/** Compiles the module, the first time. */
function compile() {
  return (compiled ??= new WebAssembly.Module(Buffer.from(engine, 'base64')))
}

class Instance {
  /** Whether a call has trapped, after which its memory cannot be trusted. */
  isBroken = false
  /** The module's exports. */
  calls
  #numbers
  #memory
  #bytes
  #addresses
  #answer
  #input = 0
  #capacity = 0

  constructor() {
    const host = { random: (start, length) => this.#fillRandom(start, length) }
    const instance = new WebAssembly.Instance(compile(), { host })
    this.calls = instance.exports
    this.#memory = instance.exports.memory
    this.#answer = this.calls.answer()
    this.#view()
  }

  /** Growing the memory has replaced its buffer. */
  #view() {
    const { buffer } = this.#memory
    this.#bytes = Buffer.from(buffer)
    this.#numbers = new Float64Array(buffer, this.#answer, NUMBERS)
    this.#addresses = new Uint32Array(buffer, this.#answer + 8 * NUMBERS, 3)
  }

  #fillRandom(start, length) {
    try {
      randomFillSync(new Uint8Array(this.#memory.buffer, start, length))
      return 0
    } catch {
      return 1
    }
  }

  /**
   * Makes room for texts. Each is then written by `write`.
   *
   * @param {number} units The sum of their lengths.
   */
  begin(units) {
    if (units > MOST_UNITS) throw new RangeError('the text is too long for WebAssembly')
    const most = units * BYTES_PER_UNIT
    if (most > this.#capacity || (this.#capacity > INPUT && most <= INPUT)) {
      this.#capacity = 0
      const capacity = Math.max(most, INPUT)
      // The address is a signed number for JavaScript.
      this.#input = this.calls.input(capacity) >>> 0
      this.#capacity = capacity
    }
    if (this.#bytes.length === 0) this.#view()
  }

  /**
   * Writes a text as WTF-8, `at` bytes from the beginning of the input.
   *
   * @returns {number} Its length in bytes.
   */
  write(text, at) {
    const bytes = this.#bytes
    const start = this.#input + at
    const { length } = text
    if (length <= SHORT) {
      let n = 0
      for (; n < length; n++) {
        const unit = text.charCodeAt(n)
        if (unit > 0x7f) break
        bytes[start + n] = unit
      }
      if (n === length) return length
    }
    if (text.isWellFormed()) return bytes.write(text, start)
    return writeWtf8(bytes, text, start)
  }

  /** Writes bytes. */
  writeBytes(source, at) {
    this.#bytes.set(source, this.#input + at)
  }

  /** The only text of a result. */
  text() {
    if (this.#bytes.length === 0) this.#view()
    const [start, , piece] = this.#addresses
    return this.#decode(start, piece)
  }

  /** All texts of a result. */
  texts(count) {
    if (this.#bytes.length === 0) this.#view()
    const pieces = new Uint32Array(this.#memory.buffer, this.#addresses[1], count)
    let start = this.#addresses[0]
    return Array.from(pieces, (piece) => {
      const text = this.#decode(start, piece)
      start += piece >>> 2
      return text
    })
  }

  #decode(start, piece) {
    return this.#bytes.toString(ENCODINGS[piece & 3], start, start + (piece >>> 2))
  }

  /** The numbers that a call has returned, or that the next one gets. */
  results() {
    if (this.#bytes.length === 0) this.#view()
    return this.#numbers
  }

  /** Throws the error of a call that has failed. */
  check(status) {
    if (status !== FAILED) return status
    const [code, message] = this.texts(2)
    throw codedError(code, message)
  }

  /** Whether a call has not come to its end. */
  isInterrupted() {
    return this.calls.is_interrupted() !== 0
  }
}

/** As UTF-8, with the three bytes of its number for half a surrogate pair. */
function writeWtf8(bytes, text, start) {
  let at = start
  for (const character of text) {
    const code = character.codePointAt(0)
    if (code >= 0xd800 && code <= 0xdfff) {
      bytes[at++] = 0xe0 | (code >> 12)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else {
      at += bytes.write(character, at)
    }
  }
  return at - start
}

module.exports = { Instance, MOST_UNITS }
