'use strict'

const assert = require('node:assert/strict')
const http = require('node:http')
const { makeRequest, received } = require('./exchange')
const { plain } = require('./plain')
const { open } = require('./site')
const { cookieHeader } = require('./signature')
const { turnsUntil } = require('./turns')

const who = (session) => plain(session && [session.user ?? session, session.id])

/** A site that knows two clients, `a` and `b`, and requests of theirs that may be under way together. */
class Stage {
  seen = []
  #site
  #session

  constructor(session, options) {
    this.#session = session
    this.#site = open(session, { memory: true, options: { saveUninitialized: false, ...options } })
  }

  async prepare() {
    for (const user of ['a', 'b']) {
      // With a cookie of its own kind: what is put there by hand is not kept unread.
      const held = { cookie: new this.#session.Cookie(), user }
      await new Promise((resolve) => this.#site.store.set(user, held, resolve))
    }
    return this
  }

  see(label, ...values) {
    this.seen.push([label, ...values.map((value) => plain(value))])
  }

  /** Another middleware with the same store. */
  another(options) {
    const { store } = this.#site
    return this.#session({
      secret: 'keyboard cat',
      resave: false,
      saveUninitialized: false,
      genid: () => 'another',
      store,
      ...options
    })
  }

  /** A request of a client, or of none. */
  request(user, cookie = user && cookieHeader(user)) {
    return makeRequest({ headers: cookie ? { cookie } : {} })
  }

  mock(user, more) {
    return { method: 'GET', url: '/', headers: { cookie: cookieHeader(user) }, ...more }
  }

  /** Sends a request through the middleware. */
  async pass(req, middleware = this.#site.middleware) {
    const socket = makeRequest({}).socket
    const res = new http.ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 })
    res.sendDate = false
    res.assignSocket(socket)
    let passed
    try {
      middleware(req, res, (...args) => {
        passed = args
      })
    } catch (error) {
      passed = ['threw', error]
    }
    await turnsUntil(() => passed, { after: 0 })
    this.see('passed', passed)
    return res
  }

  async end(label, res) {
    res.end('body')
    await turnsUntil(() => res.writableFinished, { after: 2 })
    this.see(`end of ${label}`, received(res.socket?.chunks ?? []))
  }

  contents() {
    return this.#site.contents()
  }
}

/** What each of two requests sees, in either order. */
function look(stage, first, second) {
  stage.see('first', who(first.session), 'session' in first)
  stage.see('second', who(second.session), 'session' in second)
  stage.see('by proxy', who(new Proxy(first, {}).session), who(new Proxy(second, {}).session))
  stage.see('by heir', who(Object.create(first).session), who(Object.create(second).session))
  stage.see('by copy', who({ ...first }.session), who({ ...second }.session))
}

const lookBack = (stage, first, second) => look(stage, second, first)

const ORDERS = { 'the first is read first': look, 'the second is read first': lookBack }

const OPTIONS = {
  'usual options': {},
  'a cookie that expires': { rolling: true, cookie: { maxAge: 60_000 } }
}

/** The case in which `act` plays on a stage. */
function staged(name, act) {
  return {
    name,
    async run(session) {
      const recording = {}
      for (const [label, options] of Object.entries(OPTIONS)) {
        const stage = await new Stage(session, options).prepare()
        await act(stage)
        recording[label] = { seen: stage.seen, contents: stage.contents() }
      }
      return recording
    },
    expect(recording) {
      for (const { seen } of Object.values(recording)) assert.ok(seen.length > 2)
    }
  }
}

module.exports = { ORDERS, look, staged, who }
