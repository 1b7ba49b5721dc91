'use strict'

const { plain } = require('../parity/plain')
const { describe } = require('./describe')
const { DISTURBANCES, isCopy, wrapped } = require('./disturbances')
const { nextTurn } = require('./journal')
const { stack } = require('./neighbours')
const { RESPONSE_STEPS, Thrown } = require('./response-steps')
const { SESSION_STEPS } = require('./session-steps')

const STEPS = { ...SESSION_STEPS, ...RESPONSE_STEPS, ...DISTURBANCES }
const ENDINGS = new Set(['end', 'end with callback', 'pipe', 'abort', 'destroy response'])
// Deflating has to be done by then.
const BUSY_MOST = 100_000_000n

// One request under way: goes through the middleware, is handled step by step, and notes it all.
class Visit {
  ended = false
  handled = false
  // Whether a step is under way that takes turns, and whether the error handler ends the response after it.
  waits = false
  endsLater = false
  kept = undefined
  #started = process.hrtime.bigint()

  constructor(world, given, exchange, label) {
    Object.assign(this, world, exchange)
    this.given = given
    this.label = label
  }

  note(what, ...parts) {
    this.journal.add('app', this.label, what, ...parts)
  }

  look() {
    this.journal.addPlain('app', this.label, 'look', describe(this.req))
  }

  calledBack(what, args) {
    this.note('called back', what, args.length, ...args.map((arg) => this.named(arg)))
    this.look()
  }

  named(value) {
    if (value === this.req.session) return '<the session>'
    return value === this.res ? '<the response>' : value
  }

  start() {
    const { given, req, res } = this
    if (given.originalUrl !== null) req.originalUrl = given.originalUrl
    if (given.secure !== null) req.secure = given.secure
    if (given.secret !== null) req.secret = given.secret
    this.req = wrapped(req, given.before)
    res.on('error', (error) => this.journal.add('wire', this.label, 'response error', error))
    this.#dispatch(stack(this, this.middleware, given.neighbours), 0)
  }

  // Whether something goes on that is not to be seen, in another thread.
  isBusy() {
    if (this.given.neighbours.compression === 'none' || !this.ended) return false
    return !this.res.writableFinished && process.hrtime.bigint() - this.#started < BUSY_MOST
  }

  wrap(name) {
    if (this.mayCopy || !isCopy(name)) this.req = wrapped(this.req, name)
  }

  leave() {
    this.journal.add('wire', this.label, 'left')
    this.req.socket.destroy()
  }

  #dispatch(layers, index) {
    if (index === layers.length) return void this.#handle()
    const isSession = layers[index] === this.middleware
    let passed = false
    const next = (...args) => {
      if (isSession) this.note('next', ...args)
      if (args[0]) return this.#fail(args[0])
      if (!passed) {
        if (isSession) this.wrap(this.given.after)
        this.#dispatch(layers, index + 1)
      }
      passed = true
    }
    try {
      const returned = layers[index](this.req, this.res, next)
      if (isSession) this.journal.add('call', this.label, returned)
    } catch (error) {
      this.journal.add('call', this.label, 'threw', error)
      this.#fail(error)
    }
  }

  async #handle() {
    if (this.handled) return
    this.handled = true
    if (this.given.looks) {
      this.kept = this.req.session
      this.look()
    }
    try {
      for (const step of [...this.given.steps, this.given.ending]) {
        this.journal.activity++
        const pending = this.#perform(step)
        if (!(pending instanceof Promise)) continue
        this.waits = true
        await pending.finally(() => (this.waits = false))
        // Whether a tick or a microtask comes first depends on where in a turn this goes on.
        if (this.loose) await nextTurn()
      }
    } catch (error) {
      this.#fail(error)
    }
    if (this.endsLater) this.#endFailed()
    this.note('handled')
  }

  #perform(step) {
    const [name, ...args] = step
    if (this.loose && this.ended && Object.hasOwn(RESPONSE_STEPS, name)) return undefined
    if (ENDINGS.has(name)) this.ended = true
    try {
      const result = STEPS[name](this, ...args)
      // The end of the response takes turns of its own, and which comes first would make a difference.
      if (this.loose && ENDINGS.has(name)) return nextTurn().then(nextTurn)
      if (result instanceof Promise) return this.#settled(name, result)
      // With our memory store everything is sent in one write: what that returns may differ.
      if (!this.loose) this.note('step', name, this.named(result))
    } catch (error) {
      this.#failed(name, error)
    }
    return undefined
  }

  async #settled(name, promise) {
    try {
      await promise
      this.note('step', name)
    } catch (error) {
      this.#failed(name, error)
    }
  }

  // Most handlers go on in spite of an error: there is more to be seen that way.
  #failed(name, error) {
    this.note('step', name, 'threw', error)
    if (error instanceof Thrown) throw error
  }

  #fail(error) {
    this.note('error handler', error)
    if (this.loose && this.ended) return
    this.ended = true
    // What a step that is under way sees of the response's end depends on turns of the event loop, and
    // the other way round.
    if (this.loose && this.waits) this.endsLater = true
    else this.#endFailed()
  }

  #endFailed() {
    const { res } = this
    try {
      if (!res.headersSent) res.statusCode = 500
      if (!res.writableEnded) res.end('failed')
    } catch (failure) {
      this.note('error handler threw', failure)
    }
  }

  conclude() {
    this.look()
    const { res, chunks } = this
    const raw = chunks.map((chunk) => chunk.toString('latin1'))
    this.journal.addPlain('wire', this.label, {
      status: plain(res.statusCode),
      state: [res.headersSent, res.writableEnded, res.writableFinished, res.destroyed],
      headers: plain({ ...res.getHeaders() }),
      raw: this.loose ? withoutChunks(raw.join('')) : raw
    })
    return raw.join('').split('\r\n\r\n', 1)[0].split('\r\n')
  }
}

// The parts of a body may be other ones when everything is sent in one write.
function withoutChunks(raw) {
  const [head] = raw.split('\r\n\r\n', 1)
  if (!/^transfer-encoding: chunked$/im.test(head)) return raw
  let body = ''
  let rest = raw.slice(head.length + 4)
  for (;;) {
    const [line, digits] = /^([\da-f]+)\r\n/i.exec(rest) ?? ['']
    const end = line.length + Number.parseInt(digits, 16)
    if (!(end > line.length) || rest.slice(end, end + 2) !== '\r\n') return [head, body, rest]
    body += rest.slice(line.length, end)
    rest = rest.slice(end + 2)
  }
}

module.exports = { Visit }
