'use strict'

const http = require('node:http')
const net = require('node:net')
const { once } = require('node:events')
const { provider } = require('../parity/provider')
const { cookieHeader, SECRET } = require('../parity/signature')

/** Turns of the event loop that anything on loopback takes at the very most. */
const PATIENCE_MS = 10_000

/**
 * Serves an application with one provider's middleware on loopback, and notes what happens in it.
 * Everything that is waited for is an event; what does not happen is told by a later one.
 */
class Site {
  /** What happened, in order. */
  journal = []
  #server
  #middleware
  #answering

  /**
   * @param {string} name Of the provider.
   * @param {(session: Function, journal: unknown[]) => object} makeStore
   * @param {(req: object, res: object) => void} answer The application.
   * @param {object} [options] Of the middleware.
   */
  constructor(name, makeStore, answer, options = {}) {
    const { session } = provider(name)
    this.session = session
    this.store = makeStore(session, this.journal)
    this.#middleware = session({
      secret: SECRET,
      resave: false,
      saveUninitialized: false,
      genid: () => 'generated',
      store: this.store,
      ...options
    })
    this.#answering = answer
  }

  async open() {
    this.#server = http.createServer((req, res) => this.#handle(req, res))
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close() {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #handle(req, res) {
    const { journal } = this
    res.on('close', () => journal.push(['response', res.writableFinished ? 'sent' : 'cut off']))
    const next = (error) => {
      journal.push(error ? ['next', shown(error)] : ['next'])
      if (!error) return this.#answer(req, res, next)
      // What an application's error handler does, as far as it still can.
      if (!res.headersSent && !res.writableEnded) {
        res.statusCode = 500
        res.end('failed')
      }
    }
    try {
      this.#middleware(req, res, next)
    } catch (error) {
      // As Express and connect do with what a middleware throws.
      journal.push(['middleware threw', shown(error)])
      next(error)
    }
  }

  #answer(req, res, next) {
    try {
      this.#answering(req, res)
    } catch (error) {
      this.journal.push(['application threw', shown(error)])
      next(error)
    }
  }

  /** One request with a known session's cookie, to the end of the response. */
  async ask({ id = 'known', path = '/' } = {}) {
    const socket = await this.connect()
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')))
    socket.write(requestText(id, path))
    const chunks = []
    for await (const chunk of socket) chunks.push(chunk)
    return Buffer.concat(chunks)
      .toString('latin1')
      .replace(/^Date: .*$/m, 'Date: <date>')
  }

  /** A request that is still without its answer: a client that may leave. */
  async begin({ id = 'known', path = '/' } = {}) {
    const socket = await this.connect()
    socket.write(requestText(id, path))
    return socket
  }

  async connect() {
    const socket = net.connect(this.#server.address().port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  /** Waits until something has happened. */
  async until(happened) {
    const deadline = Date.now() + PATIENCE_MS
    while (!happened(this.journal)) {
      if (Date.now() > deadline) throw new Error(`waits in vain: ${JSON.stringify(this.journal)}`)
      await new Promise(setImmediate)
    }
  }
}

function requestText(id, path) {
  const cookie = id === null ? '' : `Cookie: ${cookieHeader(id)}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${cookie}\r\n`
}

function shown(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : error
}

/** Turns of the event loop in which whatever still comes would come. */
async function turns(count = 20) {
  for (let n = 0; n < count; n++) await new Promise(setImmediate)
}

/**
 * Plays the same on both providers.
 *
 * @param {(name: string) => Promise<unknown>} play
 * @returns {Promise<unknown[]>} What express-session did, and what ours did.
 */
async function onBoth(play) {
  const recordings = []
  for (const name of ['express-session', 'ours']) recordings.push(await play(name))
  return recordings
}

module.exports = { Site, onBoth, turns }
