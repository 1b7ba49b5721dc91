'use strict'

/**
 * Numbers that look random and are the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 to `end` - 1. */
  below(end) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  /** Whether something happens that happens once in so many times. */
  oneIn(times) {
    return this.below(times) === 0
  }

  /** Characters out of an alphabet. */
  text(length, alphabet) {
    let text = ''
    for (let n = 0; n < length; n++) text += alphabet[this.below(alphabet.length)]
    return text
  }
}

module.exports = { Random }
