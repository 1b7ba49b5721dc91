'use strict'

// Cookies and stored sessions carry dates. With the clock standing still, both providers have to
// write the very same ones, and a case moves time by itself.
const START = Date.UTC(2030, 0, 1, 12, 0, 0, 250)

async function atFixedTime(work) {
  const realNow = Date.now
  let now = START
  Date.now = () => now
  const clock = {
    start: START,
    advance(ms) {
      now += ms
    }
  }
  try {
    return await work(clock)
  } finally {
    Date.now = realNow
  }
}

module.exports = { atFixedTime, START }
