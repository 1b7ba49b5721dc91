'use strict'

// Plays scenarios in a process of its own, and prints how many there were and what differed.

const { lockstep } = require('./property')
const session = require('../..')

// Ways of being wrong, each of which the comparison has to find.
const SPOILS = {
  cookie() {
    Object.defineProperty(session.Cookie.prototype, 'data', {
      get() {
        return { path: this.path, httpOnly: this.httpOnly, expires: this._expires, secure: true }
      }
    })
  },
  save() {
    const { save } = session.Session.prototype
    session.Session.prototype.save = function (callback) {
      save.call(this, () => {})
      return save.call(this, callback)
    }
  },
  touch() {
    session.Session.prototype.touch = function () {
      return this
    }
  }
}

async function main({ seed, runs, limit, spoilt }) {
  if (spoilt) SPOILS[spoilt]()
  let done = 0
  const { failure } = await lockstep({ seed, runs, limit, onRun: () => done++ })
  return { runs: done, failure }
}

main(JSON.parse(process.argv[2])).then((result) => {
  process.stdout.write(JSON.stringify(result), () => process.exit())
})
