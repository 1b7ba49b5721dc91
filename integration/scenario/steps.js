'use strict'

const { setTimeout: pause } = require('node:timers/promises')
const { relative } = require('../relative')

const PATIENCE = 10_000

/** Visits pages one after the other, and notes each answer and what is stored then. */
async function visiting({ contents, note, visit }, paths) {
  for (const path of paths) {
    const answer = await visit(path)
    note(path, { answer, stored: await contents() })
  }
}

/** Everything that sessions are used for while nothing goes wrong. */
async function usual(tools) {
  await visiting(tools, ['/look', '/login', '/look', '/visit', '/streamed', '/extend', '/look'])
  await together(tools)
  await visiting(tools, ['/save', '/reload', '/until-closed', '/look', '/login', '/visit'])
  await outside(tools)
  await visiting(tools, ['/logout', '/look', '/login', '/unset', '/look'])
}

/** Requests at the same time: the last one to answer decides. */
async function together({ contents, note, visit }) {
  const places = [0, 1, 2, 3]
  const answers = await Promise.all(
    places.map((place) => visit(`/together/${place}?of=${places.length}`))
  )
  note('together', { answers, stored: await contents() })
}

/** Calls that applications make of their own, outside of requests. */
async function outside({ contents, ids, kind, note, store }) {
  const id = ids.at(-1)
  const loaded = await called(store, 'load', id)
  note('load', { ...loaded, isSession: loaded.result?.constructor.name })
  note('load of another', await called(store, 'load', 'no such id'))
  for (const method of kind.lists ?? ['all', 'length']) {
    if (method !== 'clear') note(method, sorted(await called(store, method)))
  }
  note('outside', { stored: await contents() })
}

async function cleared(tools) {
  await visiting(tools, ['/login'])
  const { contents, note, store } = tools
  // Its result is whatever the database says, such as how long it took.
  const { absent, error } = await called(store, 'clear')
  note('clear', { absent, error, stored: await contents() })
  await visiting(tools, ['/look', '/login'])
}

/** Servers list sessions in whatever order, and times would make another one in each run. */
function sorted({ result, ...rest }) {
  if (!Array.isArray(result)) return { ...rest, result }
  const texts = result.map((item) => JSON.stringify(relative(item))).toSorted()
  return { ...rest, result: texts.map((text) => JSON.parse(text)) }
}

function called(store, method, ...args) {
  if (typeof store[method] !== 'function') return { absent: true }
  return new Promise((resolve) => {
    const returned = store[method](...args, (error, result) =>
      resolve({ error: error ? error.name : null, result })
    )
    // Also a promise that is refused has called back.
    Promise.resolve(returned).catch(() => {})
  })
}

/** A session that ends by itself. */
async function expiring(tools) {
  const { calls, ids, note, store, sweep, visit } = tools
  await visiting(tools, ['/login'])
  // Without looking at what is stored, as by then nothing may be any more.
  note('/brief', { answer: await visit('/brief') })
  const start = Date.now()
  // Nothing tells of it: servers notice when they are asked.
  while ((await called(store, 'get', ids.at(-1))).result) {
    if (Date.now() - start > PATIENCE) throw new Error('the session does not expire')
    await pause(50)
    await sweep?.()
  }
  // How often it was asked meanwhile.
  calls.length = 0
  await visiting(tools, ['/look', '/login', '/look'])
}

/** The server stops between requests and during one, and comes back. */
async function interrupted(tools) {
  const { contents, down, note, up, visit } = tools
  if (!down) return
  await visiting(tools, ['/login', '/visit'])
  await down()
  for (const path of ['/look', '/visit', '/login', '/logout']) {
    note(`${path} while down`, { answer: await visit(path) })
  }
  await up()
  await visiting(tools, ['/look', '/login', '/visit'])
  note('/interrupted', { answer: await visit('/interrupted') })
  await up()
  note('back', { stored: await contents() })
  await visiting(tools, ['/look', '/login', '/look'])
}

const scenarios = {
  'the usual options': { options: {}, steps: usual },
  rolling: { options: { rolling: true, unset: 'destroy' }, steps: usual },
  'saving everything': { options: { resave: true, saveUninitialized: true }, steps: usual },
  'without an expiry': { options: { cookie: { maxAge: null } }, steps: usual },
  expiring: { options: {}, steps: expiring },
  interrupted: { options: {}, steps: interrupted },
  'interrupted while saving everything': {
    options: { resave: true, saveUninitialized: true, rolling: true },
    steps: interrupted
  },
  cleared: { options: {}, steps: cleared }
}

module.exports = { scenarios }
