'use strict'

const { once } = require('node:events')
const http = require('node:http')
const session = require('express-session')
const { browser } = require('../browser')
const { relative } = require('../relative')

const HOUR = 3_600_000

/**
 * What a consumer is tried with: sessions, servers on free ports, visitors, and a record of what
 * they see. Everything is closed by `close`.
 */
function openStage() {
  const stores = []
  const closers = []
  const steps = {}
  const hidden = new Map()
  let ids = 0

  /** The session middleware, with the options that most applications use, and counted ids. */
  function sessions(options) {
    const store = new session.MemoryStore()
    stores.push(store)
    return session({
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: HOUR },
      genid: () => `id${++ids}`,
      store,
      ...options
    })
  }

  /** @returns {Promise<number>} The port on which the application listens. */
  async function serve(application) {
    const server = typeof application === 'function' ? http.createServer(application) : application
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.closeAllConnections?.()
      server.close()
    })
    return server.address().port
  }

  /** A browser whose visits are noted; it may begin with another one's cookies. */
  function visitor(port, cookies = []) {
    const self = browser(port)
    for (const [name, value] of cookies) self.cookies.set(name, value)

    async function visit(title, path, options) {
      const answer = await self.visit(path, options)
      await note(title, { answer })
      return answer
    }
    return { cookies: self.cookies, visit }
  }

  /** Notes a step, along with the sessions that are stored after it. */
  async function note(title, what) {
    if (Object.hasOwn(steps, title)) throw new Error(`there is a step "${title}" already`)
    const stored = await Promise.all(stores.map(contents))
    steps[title] = relative({ ...what, stored: Object.assign({}, ...stored) })
  }

  /** Has a random text, which is another one in each run, noted by a name. */
  function hide(text, name) {
    hidden.set(text, `<${name}>`)
    return text
  }

  function recorded() {
    let text = JSON.stringify(steps)
    for (const [random, name] of hidden) {
      text = text.replaceAll(random, name).replaceAll(encodeURIComponent(random), name)
    }
    return JSON.parse(text)
  }

  async function close() {
    await Promise.all(closers.toReversed().map((closer) => closer()))
  }

  return { close, hide, note, onClose: (f) => closers.push(f), recorded, serve, sessions, visitor }
}

function contents(store) {
  return new Promise((resolve, reject) => {
    store.all((error, all) => (error ? reject(error) : resolve(all)))
  })
}

module.exports = { openStage }
