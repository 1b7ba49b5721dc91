'use strict'

const { once } = require('node:events')
const http = require('node:http')
const session = require('express-session')
const { browser } = require('../browser')
const { ask, program } = require('../program')
const { relative } = require('../relative')
const { storeNamed } = require('../stores')
const { overheard } = require('./overheard')
const { scenarios } = require('./steps')
const { site } = require('./site')

// What is recorded with one store, in a process of its own: see `recordingOf`.
program(({ name, ...place }) => recorded(storeNamed(name), place))

async function recorded(kind, place) {
  const opened = await kind.open(session, place)
  const { store, sweep } = opened
  const recording = {
    isOurs: require.resolve('express-session') === require.resolve('../..'),
    // So the package has found the same express-session as this program.
    isStore: store instanceof session.Store
  }
  const calls = overheard(store)
  const ids = []
  for (const [title, { options, steps }] of Object.entries(scenarios)) {
    const records = []
    const errors = []
    // Counted, since ids are to be the same in both runs.
    const genid = () => {
      ids.push(`id${ids.length + 1}`)
      return ids.at(-1)
    }
    const { down, up } = interruptions(kind, opened)
    const onError = (error) => errors.push(labelled(error, kind))
    const server = http.createServer(site(store, options, { genid, interrupt: down, onError }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')

    const note = (step, what) => records.push(relative({ step, ...what, asked: calls.splice(0) }))
    const contents = async () => relative(await opened.contents(ids))
    const { visit } = browser(server.address().port)
    await steps({ calls, contents, down, ids, kind, note, store, sweep, up, visit })
    server.closeAllConnections()
    server.close()
    recording[title] = { records, errors }
  }
  return recording
}

/** Takes the store's server down and up again, or what the store has instead of one. */
function interruptions(kind, { down, seesDown, seesUp, up }) {
  if (!kind.server) return { down, up }
  return {
    async down() {
      await ask('stop')
      await seesDown?.()
    },
    async up() {
      await ask('start')
      await seesUp?.()
    }
  }
}

/** What kind of error it is; messages name ports. */
function labelled(error, { failsInVariousWays }) {
  if (failsInVariousWays) return 'some error'
  return [error.constructor.name, error.code].filter(Boolean).join(' ')
}
