'use strict'

const { plain } = require('../parity/plain')

// Errors that the JavaScript engine makes speak of the source text, which providers do not share.
const DESTRUCTURING = /^Cannot destructure property .* as it is (undefined|null)\.$/s

function shown(part) {
  if (part instanceof Error && DESTRUCTURING.test(part.message)) {
    return {
      error: part.name,
      message: part.message.replace(DESTRUCTURING, 'Cannot read properties of $1')
    }
  }
  return plain(part)
}

// The ordered account of everything that can be observed while a scenario plays. The channel of an
// entry says whose doing it was, so that accounts can be compared channel by channel where the
// order between them is not promised.
class Journal {
  entries = []
  // Scheduled answers that are still to come; the scenario is not quiet before they have.
  pending = 0
  activity = 0

  add(channel, ...parts) {
    this.activity++
    this.entries.push([channel, ...parts.map(shown)])
  }

  // The same for parts that are plain already.
  addPlain(channel, ...parts) {
    this.activity++
    this.entries.push([channel, ...parts])
  }

  // Work in a later turn of the event loop.
  later(turns, work) {
    this.pending++
    const wait = (left) => {
      if (left > 1) return void setImmediate(wait, left - 1)
      this.pending--
      this.activity++
      work()
    }
    setImmediate(wait, turns)
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

// Deferred errors and the like are two turns away at most, and some steps take three.
const QUIET_TURNS = 5
const MOST_TURNS = 400

// Waits until nothing happens any more. `busy` says that something is going on out of our sight.
async function quiet(journal, busy = () => false) {
  let still = 0
  let last = -1
  for (let turn = 0; turn < MOST_TURNS && still < QUIET_TURNS; turn++) {
    await nextTurn()
    const moves = journal.pending > 0 || journal.activity !== last || busy()
    still = moves ? 0 : still + 1
    last = journal.activity
  }
}

module.exports = { Journal, nextTurn, quiet }
