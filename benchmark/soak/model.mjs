import { isSame } from './content.mjs'

/**
 * A cookie's `maxAge` is set and read by the clock, so a session that is touched may live a millisecond
 * less each time.
 */
const slack = 50

/**
 * What a store has to hold, and what it may not.
 *
 * Times are spans, because a store reads the clock some time during a call: `{ before, after }` is that
 * time. A session that had to go makes room without anybody being asked, so one that is missing has to
 * be explained by an event, sooner or later.
 */
export class Model {
  /** By id: content, for how long it lives, and when it expires at the earliest and the latest. */
  #sessions = new Map()
  /** How often an id was told to be evicted, less how often that was noticed. */
  #evictions = new Map()
  #findings

  /** @param {import('./findings.mjs').Findings} findings */
  constructor(findings) {
    this.#findings = findings
  }

  get size() {
    return this.#sessions.size
  }

  /** What is known of a session, if it may be there. */
  of(sid) {
    return this.#sessions.get(sid)
  }

  /** A session was saved, to live for so many milliseconds from its last use on. */
  saved(sid, content, lifetime, { before, after }) {
    this.#sessions.set(sid, {
      content,
      lifetime,
      earliest: before + lifetime - slack,
      latest: after + lifetime
    })
  }

  /** A session was touched, if it was still there. */
  renewed(sid, { before, after }) {
    const known = this.#sessions.get(sid)
    if (!known) return
    if (before >= known.latest) return void this.#sessions.delete(sid)
    // It may have expired before it was touched.
    if (after < known.earliest) known.earliest = before + known.lifetime - slack
    known.latest = after + known.lifetime
  }

  destroyed(sid) {
    this.#sessions.delete(sid)
  }

  /**
   * Judges what a store gave for an id.
   *
   * @param {string} sid
   * @param {import('./content.mjs').Content | undefined | null} found Null if there was nothing,
   *   undefined if what was there is not whole.
   * @param {{ before: number, after: number }} span When it was asked.
   */
  check(sid, found, { before, after }) {
    const known = this.#sessions.get(sid)
    if (found === null) {
      if (!known) return
      this.#sessions.delete(sid)
      if (after < known.earliest) this.#count(sid, -1)
      return
    }
    if (found === undefined) return this.#findings.add(`${sid} is not whole`)
    if (!known) return this.#findings.add(`${sid} is there, and was destroyed or never saved`)
    if (before >= known.latest) {
      return this.#findings.add(`${sid} is there ${before - known.latest} ms after its expiry`)
    }
    if (!isSame(known.content, found)) {
      const [is, was] = [found, known.content].map((content) => JSON.stringify(content))
      this.#findings.add(`${sid} holds ${is}, but what was saved is ${was}`)
    }
  }

  /** An event has told that a session had to go. */
  evicted(sid) {
    this.#count(sid, 1)
  }

  /**
   * All events have come: what is not there any more must have expired or been evicted.
   *
   * @param {(sid: string) => boolean} isThere
   * @param {number} now
   */
  settle(isThere, now) {
    for (const [sid, { earliest }] of this.#sessions) {
      if (isThere(sid)) continue
      this.#sessions.delete(sid)
      if (now < earliest) this.#count(sid, -1)
    }
    for (const [sid, count] of this.#evictions) {
      if (count < 0) this.#findings.add(`${sid} is gone, and no event has told why`)
    }
    this.#evictions.clear()
  }

  #count(sid, more) {
    const count = (this.#evictions.get(sid) ?? 0) + more
    if (count === 0) this.#evictions.delete(sid)
    else this.#evictions.set(sid, count)
  }
}
