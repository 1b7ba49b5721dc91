import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Connection } from '../inprocess/exchange.mjs'
import { anonymous, contentOf, dataOf } from './content.mjs'

const clientCount = 2000

/** What a client does, by its share. */
const requests = { look: 8, write: 6, leave: 2, renew: 1, forget: 3, late: 1 }
const choices = Object.entries(requests).flatMap(([name, share]) => Array(share).fill(name))

/** Browsers that use an application behind the middleware, and know what they have to see. */
export class RequestLoad {
  #subject
  #random
  #versions = 0
  #clients
  #connections = []
  done = 0

  /** @param {import('./subject.mjs').Subject} subject */
  constructor(subject, random) {
    this.#subject = subject
    this.#random = random
    this.#clients = Array.from({ length: clientCount }, (_, n) => ({ name: `client ${n}` }))
  }

  /** Has some clients do something at once. */
  async work(wave, count) {
    const chosen = new Set()
    for (let n = 0; n < count; n++) chosen.add(this.#random.pick(this.#clients))
    await Promise.all([...chosen].map((client) => this.#act(client, wave)))
  }

  async #act(client, wave) {
    const act = this.#random.pick(choices)
    if (act === 'forget') client.cookie = client.sid = undefined
    if (act === 'late') await this.#late(client, wave)
    else await this.#request(client, act === 'forget' ? 'look' : act, wave)
  }

  /** A request that changes the session ends after the session was destroyed by another. */
  async #late(client, wave) {
    const { cookie, sid } = client
    let goOn
    const waiting = new Promise((resolve) => (goOn = resolve))
    const late = this.#ask({ act: 'late', waiting, ...this.#plan(client, wave) }, cookie)
    await turn()
    const known = this.#subject.model.of(sid)
    const { sid: destroyed } = await this.#request(client, 'leave', wave)
    // Then it may have expired before it was destroyed, and may be saved anew.
    const mayHaveExpired = known !== undefined && Date.now() >= known.earliest
    goOn()
    const { answer, plan, refused, span } = await late
    if (mayHaveExpired && answer.sid === destroyed) {
      await new Promise((resolve) => this.#subject.store.destroy(destroyed, resolve))
      return
    }
    // It may have had a session of its own, because there was none or the two did not meet the same.
    if (answer.sid !== destroyed) {
      if (!refused) this.#saved(answer.sid, plan, span)
      return
    }
    client.cookie = cookie
    client.sid = sid
    await this.#request(client, 'look', wave)
  }

  async #request(client, act, wave) {
    const { findings, model } = this.#subject
    const asked = client.sid
    const asking = this.#ask({ act, ...this.#plan(client, wave) }, client.cookie)
    const { answer, plan, refused, setCookie, span } = await asking
    const { found, left, sid } = answer
    const isAsked = sid === asked
    if (asked) model.check(asked, isAsked ? found : null, span)
    if (!['', isAsked ? client.name : ''].includes(found?.owner)) {
      findings.add(`${client.name} sees ${JSON.stringify(found)}`)
    }
    if (left !== sid) model.destroyed(sid)
    client.sid = left
    if (left === undefined) client.cookie = undefined
    else if (setCookie) client.cookie = setCookie.split(';', 1)[0]
    if (!refused && left !== undefined) this.#remember(answer, plan, span)
    return answer
  }

  #plan({ name }, wave) {
    const content = wave.content(name, ++this.#versions)
    return { content, lifetime: wave.lifetime(), errors: [], isDropped: false }
  }

  async #ask(plan, cookie = '') {
    const { findings } = this.#subject
    const connection = this.#connections.pop() ?? new Connection()
    const before = Date.now()
    const { body, setCookie, statusCode } = await connection.ask(
      this.#subject.listener(plan),
      '/',
      cookie
    )
    const span = { before, after: Date.now() }
    this.#connections.push(connection)
    this.done++
    // What a save failed with is told after the response.
    await turn()
    for (const error of plan.errors) this.#subject.judge(error)
    this.#subject.checkBounds()
    if (statusCode !== 200) findings.add(`a request was answered ${statusCode}`)
    const answer = statusCode === 200 ? JSON.parse(body) : {}
    const refused = plan.errors.length > 0 || plan.isDropped
    return { answer, plan, refused, setCookie: setCookie[0], span }
  }

  /** What the store has to hold after a request that has left a session. */
  #remember({ left, sid }, plan, span) {
    const { model, lived } = this.#subject
    if (plan.act === 'write' || plan.act === 'renew') this.#saved(left, plan, span)
    else if (model.of(sid)) model.renewed(sid, span)
    else model.saved(sid, anonymous, lived(), span)
  }

  #saved(sid, { content, lifetime }, span) {
    this.#subject.model.saved(sid, content, this.#subject.lived(lifetime), span)
  }
}

/**
 * The application. It answers with what it has found in the session, and with which id it has left.
 *
 * @param {{ act: string, content: object, lifetime: number | null, waiting?: Promise<void> }} plan
 */
export async function application(plan, req, res) {
  const { session, sessionID: sid } = req
  const found = contentOf(session)
  let left = sid
  if (plan.act === 'late') {
    await plan.waiting
    write(session, plan)
  } else if (plan.act === 'write') {
    write(session, plan)
  } else if (plan.act === 'leave') {
    await new Promise((resolve) => session.destroy(resolve))
    left = undefined
  } else if (plan.act === 'renew') {
    await promisify(session.regenerate).call(session)
    write(req.session, plan)
    left = req.sessionID
  }
  const body = JSON.stringify({ sid, found, left })
  res.setHeader('Content-Length', Buffer.byteLength(body))
  const { sessionStore: store } = req
  const { droppedSaves } = store.stats()
  res.end(body)
  // It has been evicted since it was loaded.
  plan.isDropped = store.stats().droppedSaves > droppedSaves
}

function write(session, { content, lifetime }) {
  delete session.user
  Object.assign(session, dataOf(content))
  session.cookie.maxAge = lifetime
  // The setter may be one millisecond off.
  session.cookie.originalMaxAge = lifetime
}
