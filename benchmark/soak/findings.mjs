/** What was not as it has to be. The first ones tell enough. */
export class Findings {
  static #most = 20
  list = []

  /** @param {string} what */
  add(what) {
    if (this.list.length < Findings.#most) this.list.push(what)
  }

  /** @param {unknown} one @param {unknown} other @param {string} what */
  compare(one, other, what) {
    if (one !== other) this.add(`${what}: ${one} and ${other}`)
  }

  get any() {
    return this.list.length > 0
  }
}
