import { promisify } from 'node:util'
import { anonymous, contentOf } from './content.mjs'

/** Places for sessions; each has one after the other, as ids are not used again. */
const places = 6000

/** What a turn does, by its share. */
const operations = { save: 8, read: 8, touch: 4, destroy: 2, replace: 1 }
/** A session that expires within so many milliseconds may expire between two calls. */
const SOON = 2000
const choices = Object.entries(operations).flatMap(([name, share]) => Array(share).fill(name))

/** Uses a store through its methods and checks every answer. */
export class StoreLoad {
  #subject
  #random
  #versions = 0
  /** How many sessions each place has had. */
  #generations = new Uint32Array(places)
  #busy = new Set()
  done = 0

  /** @param {import('./subject.mjs').Subject} subject */
  constructor(subject, random) {
    this.#subject = subject
    this.#random = random
  }

  /** Does some things at once, each to another session. */
  async work(wave, count) {
    const all = []
    for (let n = 0; n < count; n++) {
      const place = this.#random.below(places)
      if (this.#busy.has(place)) continue
      this.#busy.add(place)
      all.push(this.#one(wave, place).finally(() => this.#busy.delete(place)))
    }
    await Promise.all(all)
    this.done += all.length
    if (this.#random.oneIn(1000)) await this.#list()
  }

  #one(wave, place) {
    const sid = this.#sidOf(place)
    switch (this.#random.pick(choices)) {
      case 'save':
        return this.#save(sid, wave)
      case 'read':
        return this.#read(sid)
      case 'touch':
        return this.#touch(sid)
      case 'destroy':
        return this.#destroy(place)
      default:
        return this.#replace(place, wave)
    }
  }

  #sidOf(place) {
    return `${place}-${this.#generations[place]}`
  }

  async #save(sid, wave) {
    const { model } = this.#subject
    const isEmpty = this.#random.oneIn(5)
    const content = isEmpty ? anonymous : wave.content(sid, ++this.#versions)
    const lifetime = wave.lifetime()
    const { refused, span } = await this.#call('set', sid, this.#subject.session(content, lifetime))
    if (!refused) model.saved(sid, content, this.#subject.lived(lifetime), span)
  }

  async #read(sid) {
    const { result, span } = await this.#call('get', sid)
    this.#subject.model.check(sid, result ? contentOf(result) : null, span)
  }

  async #touch(sid) {
    const { model } = this.#subject
    const known = model.of(sid)
    // What else is in it must not count.
    const touched = this.#subject.session({ owner: 'nobody', version: 0, size: 9 }, known?.lifetime)
    const { span } = await this.#call('touch', sid, touched)
    model.renewed(sid, span)
  }

  async #destroy(place) {
    const sid = this.#sidOf(place)
    this.#generations[place]++
    const { result: loaded } = await this.#call('get', sid)
    await this.#call('destroy', sid)
    this.#subject.model.destroyed(sid)
    if (this.#random.oneIn(2)) return
    // A request that does not know it yet. What had just expired may be saved anew.
    const { expires } = loaded?.cookie ?? {}
    const isLoaded = loaded && (!expires || new Date(expires) - Date.now() > SOON)
    if (isLoaded && this.#random.oneIn(2)) {
      await this.#call('set', sid, loaded)
    } else {
      const content = { owner: sid, version: ++this.#versions, size: 20, user: true }
      await this.#call('touch', sid, this.#subject.session(content, 9000))
    }
    await this.#read(sid)
  }

  /** What `regenerate` does to keep the data. */
  async #replace(place, wave) {
    await this.#destroy(place)
    await this.#save(this.#sidOf(place), wave)
  }

  /** Looks at the first sessions, while others come and go: all have to be whole, and in their place. */
  async #list() {
    const { findings, store } = this.#subject
    let left = 500
    for await (const [sid, session] of store.entries({ pageSize: 50 })) {
      const found = contentOf(session)
      if (!found) findings.add(`${sid} is not whole when it is listed`)
      else if (isOurs(sid) && !['', sid].includes(found.owner)) {
        findings.add(`${sid} holds what is ${found.owner}'s when it is listed`)
      }
      if (--left === 0) break
    }
  }

  async #call(method, sid, session) {
    const { store } = this.#subject
    const args = session === undefined ? [sid] : [sid, session]
    const before = Date.now()
    const answer = promisify(store[method]).apply(store, args)
    const after = Date.now()
    const span = { before, after }
    this.#subject.checkBounds()
    try {
      return { result: await answer, refused: false, span }
    } catch (error) {
      this.#subject.judge(error)
      return { refused: true, span }
    }
  }
}

/** Whether an id was made here, and not by the middleware. */
function isOurs(sid) {
  return /^\d+-\d+$/.test(sid)
}
