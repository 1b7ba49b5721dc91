'use strict'

/**
 * The time by `Date.now`, looked up on each call, because tests mock it. NaN if that does not return a number;
 * then nothing expires.
 */
function time() {
  try {
    return Number(Date.now())
  } catch {
    return NaN
  }
}

module.exports = { time }
