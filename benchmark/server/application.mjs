import { createHmac, randomBytes } from 'node:crypto'
import { scenarios, sessionData } from './scenarios.mjs'
import { makeSubject, signedCookie } from './subjects.mjs'

/** What a framework is given to serve one subject in one scenario, and the sessions of its clients. */
export class Application {
  #made
  #scenario
  #data
  #ids

  /** @param {{ subject: string, scenario: string, sessions: number }} settings */
  static async make({ subject, scenario, sessions }) {
    const app = new Application()
    app.#scenario = scenarios[scenario]
    app.#made = await makeSubject(subject, app.#scenario)
    app.#data = sessionData(app.#scenario.bytes)
    app.#ids = Array.from({ length: sessions }, () => randomBytes(24).toString('base64url'))
    app.session = app.#made.session
    app.act = subject === 'none' ? (req, answer) => answer('ada') : app.#scenario.act
    app.fill = (session) => Object.assign(session, app.#data)
    return app
  }

  /**
   * What the members among the clients send.
   *
   * @param {() => Promise<string[]>} login Gives the texts of Set-Cookie that a login answers with.
   */
  async cookies(login) {
    if (!this.#made.logsIn) return this.#ids.map((id) => signedCookie(id, createHmac))
    const cookies = []
    while (cookies.length < this.#ids.length) {
      const pairs = (await login()).map((text) => text.split(';', 1)[0])
      cookies.push(pairs.join('; '))
    }
    return cookies
  }

  /** Every measurement begins with the same sessions. */
  async fillStore() {
    const { store, Cookie } = this.#made
    if (!store) return
    await new Promise((resolve) => store.clear(resolve))
    if (!this.#scenario.isMember) return
    const saves = this.#ids.map((id) => {
      const session = { cookie: new Cookie(this.#scenario.options.cookie), ...this.#data }
      return new Promise((resolve) => store.set(id, session, resolve))
    })
    await Promise.all(saves)
  }
}
