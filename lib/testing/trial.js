'use strict'

const assert = require('assert')
const http = require('http')
const { randomUUID } = require('crypto')
const session = require('../../index')

const { Cookie, Session } = session

/** How many milliseconds a store has for an answer, and for all answers of a test. */
const LIMIT = 5000
const LIMIT_OF_ALL = 30_000

/** One test of a store: calls its methods, and serves requests with it. */
class Trial {
  #twice = []

  constructor(store) {
    this.store = store
  }

  /** Runs a point of the contract. Rejects if it does not end. */
  run(point) {
    return inTime(
      'the store',
      (resolve, reject) => void point.run(this).then(resolve, reject),
      LIMIT_OF_ALL
    )
  }

  /** A new session id. */
  id() {
    return `contract-${randomUUID()}`
  }

  /** A session as the middleware saves it. `maxAge` in milliseconds, null for none. */
  session(sid, data, maxAge = 60_000) {
    const req = { sessionID: sid, sessionStore: this.store }
    return new Session(req, { cookie: new Cookie({ maxAge }), ...data })
  }

  /** Calls a method of the store. Rejects with its error, or if it does not call back. */
  call(method, ...args) {
    return inTime(method, (resolve, reject) => {
      let isAnswered = false
      try {
        this.store[method](...args, (error, result) => {
          if (isAnswered) this.#twice.push(method)
          isAnswered = true
          if (error) reject(error)
          else resolve(result)
        })
      } catch (error) {
        reject(error)
      }
    })
  }

  /** Loads a session. As in express-session, an error with the code `ENOENT` means that there is none. */
  async get(sid) {
    try {
      return await this.call('get', sid)
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
      return undefined
    }
  }

  /** Fails unless the store has no session with this id. */
  async assertAbsent(sid, message) {
    const found = await this.get(sid)
    assert.ok(found === undefined || found === null, message ?? `there is a session ${sid}`)
  }

  /** Fails unless the store has these methods. */
  assertMethods(...names) {
    for (const name of names) {
      assert.strictEqual(typeof this.store[name], 'function', `the store has no method ${name}`)
    }
  }

  /** Saves a session. */
  set(sid, data, maxAge) {
    return this.call('set', sid, this.session(sid, data, maxAge))
  }

  /** Fails if a callback was called more than once. */
  async check() {
    await wait(10)
    assert.deepStrictEqual(this.#twice, [], 'methods that called back twice')
  }

  /**
   * Serves requests with sessions of this store. The client keeps its cookie.
   *
   * @param {(req: object, res: object) => unknown} handle
   * @param {(ask: (path: string) => Promise<string>) => Promise<void>} client
   * @param {object} [options] Of the middleware.
   */
  async serve(handle, client, options) {
    const middleware = session({
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      store: this.store,
      ...options
    })
    const server = http.createServer((req, res) => {
      middleware(req, res, async (error) => {
        try {
          if (error) throw error
          res.end(`${await handle(req, res)}`)
        } catch (failure) {
          res.statusCode = 500
          res.end(`${failure}`)
        }
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    let cookie
    const ask = (path) =>
      new Promise((resolve, reject) => {
        const headers = cookie ? { cookie } : {}
        const { port } = server.address()
        const request = http.get(
          { agent: false, headers, host: '127.0.0.1', path, port },
          (res) => {
            const [given] = res.headers['set-cookie'] ?? []
            if (given) cookie = given.split(';')[0]
            let body = ''
            res.setEncoding('utf8')
            res.on('data', (text) => (body += text))
            res.on('end', () => {
              if (res.statusCode === 200) resolve(body)
              else reject(new Error(body))
            })
          }
        )
        request.setTimeout(LIMIT, () => request.destroy(new Error(`${path} was not answered`)))
        request.on('error', reject)
      })
    try {
      await client(ask)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** A method of a session as a promise. */
const promised = (object, method) =>
  inTime(method, (resolve, reject) => {
    object[method]((error) => (error ? reject(error) : resolve()))
  })

/** A promise that rejects if it takes too long. */
function inTime(what, executor, limit = LIMIT) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${what} did not answer in time`)), limit)
    const ended = (settle) => (value) => {
      clearTimeout(late)
      settle(value)
    }
    executor(ended(resolve), ended(reject))
  })
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

module.exports = { Trial, promised, wait }
