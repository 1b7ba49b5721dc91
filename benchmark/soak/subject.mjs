import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import session from '../../index.js'
import { contentOf, dataOf } from './content.mjs'
import { Mirror } from './mirror.mjs'
import { Model } from './model.mjs'
import { application } from './request-load.mjs'

const { Cookie, MemoryStore } = session

const maxSessions = 3000
const maxBytes = 2 * 2 ** 20
/** "By a few kilobytes when a table grows", and one session. */
const maxBytesSlack = 64 * 2 ** 10
const ttl = 4000
const maxAge = 3000

/** Which classes have to go when the store is full, by its option. */
const mayEvict = {
  evict: ['anonymous', 'other', 'protected'],
  spare: ['anonymous', 'other'],
  reject: []
}

/** A store with all options that are recommended, its middleware, and what is known of it. */
export class Subject {
  #options
  #middleware
  #calls = 0
  refusals = 0
  restarts = 0
  eventsBefore = 0
  /** Bytes that the store was given to keep. */
  given = 0
  /** By how much `maxBytes` was exceeded, at most. */
  excess = 0

  /**
   * @param {string} onFull
   * @param {import('./findings.mjs').Findings} findings
   */
  constructor(onFull, findings) {
    this.onFull = onFull
    this.findings = findings
    this.model = new Model(findings)
    this.mirror = new Mirror(this.model, findings, mayEvict[onFull])
    this.#options = {
      maxSessions,
      maxBytes,
      onFull,
      protect: ({ user }) => Boolean(user),
      ttl,
      lateSaves: 'drop',
      eventData: true
    }
    this.#open()
  }

  #open() {
    const store = new MemoryStore(this.#options)
    const cookie = { maxAge }
    const options = { secret: 's', resave: false, saveUninitialized: true, cookie, store }
    this.store = store
    this.#middleware = session(options)
    this.refusals = 0
    this.mirror.listen(store)
  }

  session(content, lifetime) {
    this.given += content.size
    return { cookie: new Cookie({ maxAge: lifetime ?? null }), ...dataOf(content) }
  }

  /** How long a session is kept whose cookie was given this `maxAge`, or the middleware's. */
  lived(lifetime = maxAge) {
    return lifetime ?? ttl
  }

  /** What a request is given to. */
  listener(plan) {
    let isAnswered = false
    const fail = (res, error) => {
      plan.errors.push(error)
      if (isAnswered) return
      isAnswered = true
      res.statusCode = 500
      res.end()
    }
    return (req, res) =>
      this.#middleware(req, res, (error) => {
        if (error) return fail(res, error)
        application(plan, req, res).then(
          () => (isAnswered = true),
          (failure) => fail(res, failure)
        )
      })
  }

  /** A refusal is all that may go wrong. */
  judge(error) {
    const isRefusal = error?.code === 'ERR_SESSION_STORE_FULL' && this.onFull !== 'evict'
    if (isRefusal) this.refusals++
    else this.findings.add(`failed: ${error?.stack ?? error}`)
  }

  checkBounds() {
    if (this.#calls++ % 8 !== 0) return
    const { bytes, sessions } = this.store.stats()
    this.excess = Math.max(this.excess, bytes - maxBytes)
    if (sessions > maxSessions) this.findings.add(`there are ${sessions} sessions`)
    if (bytes > maxBytes + maxBytesSlack) this.findings.add(`${bytes} bytes are taken`)
  }

  /** Nothing is going on: compares all there is with what has to be. May begin a new life then. */
  async check(restarts) {
    const clock = Date.now
    const now = clock()
    // What expires while one looks would be taken for lost.
    Date.now = () => now
    try {
      await this.#settle()
      const { entries, figures, ids } = await this.#look()
      const isThere = (sid) => this.mirror.ids.has(sid)
      for (const sid of ids) if (!isThere(sid)) this.findings.add(`no event has told of ${sid}`)
      this.findings.compare(ids.length, this.mirror.ids.size, 'ids, and what events have told')
      this.model.settle(isThere, clock())
      for (const [sid, held] of entries) {
        this.model.check(sid, contentOf(held), { before: now, after: now })
      }
      this.findings.compare(entries.length, ids.length, 'entries, and ids')
      this.findings.compare(this.model.size, ids.length, 'sessions that have to be there, and ids')
      this.#checkFigures(figures, ids.length)
      if (restarts) await this.#restart()
    } finally {
      Date.now = clock
    }
  }

  /** Waits until all that has expired by now is freed. */
  async #settle() {
    let length
    let count
    const deadline = performance.now() + 20_000
    do {
      length = await promisify(this.store.length).call(this.store)
      count = (await listed(this.store.ids())).length
    } while (length !== count && performance.now() < deadline)
    this.findings.compare(length, count, 'length, and ids')
  }

  /**
   * All that the store says at one moment, when all events have come. Its thread goes by the system's clock
   * and frees sessions once a second, so one looks again if it did so meanwhile.
   */
  async #look() {
    const deadline = performance.now() + 20_000
    for (;;) {
      const before = this.store.stats()
      const ids = await listed(this.store.ids({ pageSize: 500 }))
      const entries = await listed(this.store.entries({ pageSize: 500 }))
      await this.#hearEvents()
      const figures = this.store.stats()
      const isStill = before.expirations === figures.expirations
      if (isStill || performance.now() > deadline) return { entries, figures, ids }
    }
  }

  async #hearEvents() {
    for (let quiet = 0; quiet < 3; quiet++) {
      const before = this.mirror.eventCount
      await turn()
      if (this.mirror.eventCount !== before) quiet = -1
    }
  }

  #checkFigures({ evictions, expirations, refusals, sessions }, expected) {
    const { told } = this.mirror
    this.findings.compare(sessions, expected, 'stats().sessions, and ids')
    this.findings.compare(evictions, told.evict, 'evictions, and events of them')
    this.findings.compare(expirations, told.expire, 'expirations, and events of them')
    this.findings.compare(refusals, this.refusals, 'refusals, and errors of them')
  }

  /** Closes the store and opens another one, which is empty. */
  async #restart() {
    const { findings, mirror, model, store } = this
    this.eventsBefore += mirror.eventCount
    await store.close()
    this.#open()
    const left = await listed(this.store.ids())
    for (const sid of left) findings.add(`${sid} came from nowhere`)
    mirror.restarted()
    model.settle(() => false, Infinity)
    this.restarts++
  }

  get events() {
    return this.eventsBefore + this.mirror.eventCount
  }
}

async function listed(items) {
  const list = []
  for await (const item of items) list.push(item)
  return list
}
