'use strict'

const { plain } = require('./plain')

// The one ordered account of what happened during a case.
class Log {
  entries = []
  response = null

  add(...entry) {
    this.entries.push(entry.map((part) => plain(part)))
  }

  // Does the work, and writes down what it throws.
  attempt(work) {
    try {
      work()
    } catch (error) {
      this.add('threw', error)
    }
  }

  // Whether the head of the response had left when a store was called is visible to that store.
  headSent() {
    return this.response === null ? 'no response' : this.response.headersSent
  }

  take() {
    return this.entries.splice(0)
  }
}

// The names of the calls made, which is what most expectations are about.
function names(entries, prefix = '') {
  return entries
    .map((entry) => entry[0])
    .filter((name) => name.startsWith(prefix) && !name.endsWith(' answers'))
}

module.exports = { Log, names }
