'use strict'

const assert = require('node:assert')
const net = require('node:net')
const { makeLastRequest, makePlainRequest, makeRequest } = require('./hostile-requests')
const { ResponseReader } = require('./response-reader')

/** Nothing takes this long on a machine that is alive: a request that does hangs. */
const HANGS_AFTER = 60_000

/**
 * A client of the server: some identities of its own, each with its own session. It knows what is in
 * each of them, so it notices when it is given another's, or what is not in it any more.
 */
class Client {
  requests = 0
  refused = 0
  aborted = 0
  #port
  #random
  #identities
  #others

  /**
   * @param {number} port
   * @param {string} name No other client's.
   * @param {import('./random').Random} random
   * @param {(identity: object) => object} others Gives another identity, of any client.
   */
  constructor(port, name, random, others) {
    this.#port = port
    this.#random = random
    this.#others = others
    this.#identities = ['m', 'l', 'm', 'l'].map((store, n) => ({
      store,
      name: `${store}.sid`,
      owner: `${name}x${n}`,
      cookie: undefined,
      /** Between which bounds the session's count is: an aborted request may come to count or not. */
      most: 0,
      /** Whether an aborted request may have been at work beside others since the session began. */
      isDisturbed: false,
      /** Cookies of sessions that have been ended. */
      ended: []
    }))
  }

  get identities() {
    return this.#identities
  }

  /** One connection with one or more requests on it. */
  async visit() {
    const random = this.#random
    const identity = random.pick(this.#identities)
    if (!identity.cookie) return this.#exchange([plain(random, identity, 'claim')])
    switch (random.below(12)) {
      case 0:
        return this.#exchange([plain(random, identity, 'renew')])
      case 1:
        return this.#exchange([plain(random, identity, 'bye')])
      case 2:
      case 3:
        return this.#abort(identity)
      case 4:
        return this.#exchange([
          ...this.#pipeline(2),
          { identity, request: makeLastRequest(random, identity) }
        ])
      case 5:
        return this.#tryEnded(identity)
      default:
        return this.#exchange(this.#pipeline(1 + random.below(24)))
    }
  }

  /** Requests of all the identities, as a proxy sends them over one connection. */
  #pipeline(most) {
    const visitors = this.#identities.filter(({ cookie }) => cookie)
    return Array.from({ length: most }, () => {
      const identity = this.#random.pick(visitors)
      return { identity, request: makeRequest(this.#random, identity, this.#others(identity)) }
    })
  }

  /** Sends what there is, in pieces, and checks what comes back. */
  async #exchange(steps) {
    const socket = await this.#connect()
    const bytes = Buffer.from(steps.map(({ request }) => request.text).join(''), 'latin1')
    const received = collect(socket, steps.length)
    writeInPieces(socket, bytes, this.#random)
    const responses = await received
    this.requests += steps.length
    // A request that Node refuses takes the answers before it along that are not out yet.
    const mayBeLost = steps.some(({ request }) => isRefusable(request))
    for (const [index, step] of steps.entries()) {
      const response = responses[index]
      if (mayBeLost && response?.status !== 200 && step.request.expects !== 'refused') {
        step.identity.isDisturbed = true
        if (step.request.route === 'count') step.identity.most++
        if (response) this.refused++
      } else {
        this.#check(step, response)
      }
    }
  }

  /** Breaks off a request at any point, or leaves right after it, or sends less than it has said. */
  async #abort(identity) {
    const random = this.#random
    const socket = await this.#connect()
    const { text } = plain(random, identity, 'count').request
    const isWhole = random.oneIn(2)
    const withBody = text.replace(/^GET/, 'POST').replace(/\r\n$/, 'Content-Length: 9\r\n\r\nhalf')
    const sent = isWhole
      ? random.pick([text, withBody, text + text.slice(0, 50)])
      : text.slice(0, 1 + random.below(text.length - 1))
    if (isWhole) Object.assign(identity, { most: identity.most + 1, isDisturbed: true })
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.write(Buffer.from(sent, 'latin1'), resolve))
    if (random.oneIn(2)) await new Promise(setImmediate)
    if (random.oneIn(2)) socket.resetAndDestroy()
    else socket.destroy()
    await closed
    this.requests++
    this.aborted++
  }

  /** The cookie of a session that has been ended opens nothing. */
  #tryEnded(identity) {
    if (identity.ended.length === 0) return this.#exchange(this.#pipeline(1))
    const gone = { ...identity, cookie: this.#random.pick(identity.ended) }
    const request = makePlainRequest(this.#random, gone, 'look')
    return this.#exchange([{ identity, request: { ...request, expects: 'nobody' } }])
  }

  #check({ identity, request }, response) {
    const told = `${request.kind}: ${JSON.stringify(request.text.slice(0, 300))}`
    if (request.expects === 'refused') {
      assert.ok(!response || response.status >= 400, `not refused: ${told}`)
      this.refused++
      return
    }
    assert.ok(response, `not answered: ${told}`)
    assert.strictEqual(response.status, 200, told)
    const { owner, n } = JSON.parse(response.body)
    const cookie = cookieOf(response, identity.name)
    if (request.expects === 'own or nobody' && owner === undefined) return
    if (request.expects === 'nobody') {
      assert.deepStrictEqual([owner, cookie], [undefined, undefined], `somebody's: ${told}`)
      return
    }
    this.#checkOwn(identity, request, { owner, n, cookie }, told)
  }

  #checkOwn(identity, { route }, { owner, n, cookie }, told) {
    if (route === 'bye') {
      assert.deepStrictEqual([owner, cookie], [undefined, undefined], told)
      this.#end(identity)
      return
    }
    assert.strictEqual(owner, identity.owner, `another's session: ${told}`)
    if (route === 'count') identity.most++
    // Requests of one session that are at work side by side may overwrite each other's count, but nobody
    // counts more than there were.
    assert.ok(n <= identity.most, `${n} is more than ${identity.most}: ${told}`)
    if (route === 'claim' || route === 'renew') {
      assert.ok(cookie && cookie !== identity.cookie, `no new cookie: ${told}`)
      if (identity.cookie) this.#end(identity)
      Object.assign(identity, { cookie, most: n })
    } else if (cookie) {
      assert.strictEqual(cookie, identity.cookie, `another cookie: ${told}`)
    }
  }

  #end(identity) {
    // With such a store, what is at work when a session is ended may bring it back: as with express-session.
    const staysEnded = identity.store === 'm' || !identity.isDisturbed
    if (staysEnded) identity.ended = [...identity.ended.slice(-9), identity.cookie]
    Object.assign(identity, { cookie: undefined, most: 0, isDisturbed: false })
  }

  async #connect() {
    const socket = net.connect(this.#port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return socket
  }
}

function isRefusable({ expects }) {
  return expects === 'refused' || expects === 'own or nobody'
}

function plain(random, identity, route) {
  return { identity, request: makePlainRequest(random, identity, route) }
}

function cookieOf({ head }, name) {
  const prefix = `\r\nSet-Cookie: ${name}=`
  const start = head.indexOf(prefix)
  if (start === -1) return undefined
  return `${name}=${head.slice(start + prefix.length).split(';', 1)[0]}`
}

/** Packets end where they want to. */
function writeInPieces(socket, bytes, random) {
  const pieces = random.oneIn(3) ? 1 + random.below(4) : 1
  for (let start = 0, piece = 1; piece <= pieces; piece++) {
    const end = piece === pieces ? bytes.length : start + random.below(bytes.length - start)
    socket.write(bytes.subarray(start, end))
    start = end
  }
}

/** Resolves to so many responses, or to fewer if the connection ends before. */
function collect(socket, count) {
  const reader = new ResponseReader()
  const responses = []
  return new Promise((resolve, reject) => {
    const hangs = setTimeout(() => {
      socket.destroy()
      reject(new Error(`${count - responses.length} of ${count} requests hang`))
    }, HANGS_AFTER)
    const done = () => {
      clearTimeout(hangs)
      socket.destroy()
      resolve(responses)
    }
    socket.on('data', (chunk) => {
      reader.add(chunk)
      for (let response; (response = reader.next());) responses.push(response)
      if (responses.length >= count) done()
    })
    // A connection that the server resets has been refused.
    socket.on('error', () => {})
    socket.on('close', done)
  })
}

module.exports = { Client }
