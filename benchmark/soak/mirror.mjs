import { classOf, classes } from './content.mjs'

/**
 * The ids that a store has to hold, according to its events alone: each event has to fit to those
 * before it.
 */
export class Mirror {
  /** Id to the number of its class. */
  ids = new Map()
  /** How many events came, by name. */
  told = { create: 0, update: 0, destroy: 0, expire: 0, evict: 0 }
  #ofClass = classes.map(() => 0)
  #savedLast
  #mayEvict
  #model
  #findings

  /**
   * @param {import('./model.mjs').Model} model
   * @param {import('./findings.mjs').Findings} findings
   * @param {string[]} mayEvict The classes of which some may have to go.
   */
  constructor(model, findings, mayEvict) {
    this.#model = model
    this.#findings = findings
    this.#mayEvict = mayEvict
  }

  get eventCount() {
    return Object.values(this.told).reduce((sum, count) => sum + count, 0)
  }

  listen(store) {
    store.on('create', (sid, { session }) => this.#saved('create', sid, session))
    store.on('update', (sid, { session }) => this.#saved('update', sid, session))
    store.on('destroy', (sid) => this.#gone('destroy', sid))
    store.on('expire', (sid) => this.#gone('expire', sid))
    store.on('evict', (sid, details) => this.#evicted(sid, details))
  }

  /** Another store has taken the place of the one before, and holds nothing yet. */
  restarted() {
    for (const sid of this.ids.keys()) this.#remove(sid)
    for (const name in this.told) this.told[name] = 0
    this.#savedLast = undefined
  }

  #saved(event, sid, session) {
    this.told[event]++
    if (this.ids.has(sid) !== (event === 'update')) this.#unfit(event, sid)
    this.#remove(sid)
    const number = classOf(session)
    this.ids.set(sid, number)
    this.#ofClass[number]++
    this.#savedLast = sid
  }

  #gone(event, sid) {
    this.told[event]++
    if (!this.ids.has(sid)) this.#unfit(event, sid)
    this.#remove(sid)
  }

  #evicted(sid, { class: name, reason }) {
    const number = this.ids.get(sid)
    this.#gone('evict', sid)
    this.#model.evicted(sid)
    this.#findings.compare(name, classes[number], `the class of ${sid}, which was evicted`)
    if (!['maxSessions', 'maxBytes'].includes(reason)) this.#findings.add(`evicted by ${reason}`)
    if (!this.#mayEvict.includes(name)) this.#findings.add(`${sid} was evicted, and is ${name}`)
    // What is being saved stays, whatever it is. Where it may be refused, it is told of only afterwards.
    const mayBeRefused = this.#mayEvict.length < classes.length
    const last = mayBeRefused || this.ids.get(this.#savedLast) < number ? 1 : 0
    const before = this.#ofClass.slice(0, number).reduce((sum, count) => sum + count, 0)
    if (before > last) this.#findings.add(`${sid}, ${name}, was evicted before ${before} others`)
  }

  #remove(sid) {
    const number = this.ids.get(sid)
    if (number !== undefined) this.#ofClass[number]--
    this.ids.delete(sid)
  }

  #unfit(event, sid) {
    this.#findings.add(`the event ${event} of ${sid} does not fit to those before it`)
  }
}
