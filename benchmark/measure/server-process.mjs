import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { placed } from './pinning.mjs'

const main = fileURLToPath(new URL('../server/main.mjs', import.meta.url))
const longestAnswer = 60_000

/** A server in a process of its own, which is asked by messages what it uses up. */
export class ServerProcess {
  #child
  #said = ''

  /**
   * @param {object} settings See `server/main.mjs`.
   * @param {string} node The Node to run it with.
   * @param {string[]} nodeArguments
   * @param {import('./pinning.mjs').Placement} placement
   */
  static async start(settings, node, nodeArguments, placement) {
    const server = new ServerProcess()
    const args = ['--expose-gc', ...nodeArguments, main, JSON.stringify(settings)]
    const [command, all] = placed(placement, 'server', node, args)
    server.settings = settings
    server.#child = spawn(command, all, {
      // Deprecated defaults and the MemoryStore are measured on purpose.
      env: { ...process.env, NODE_ENV: 'production', NO_DEPRECATION: 'express-session' },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    })
    server.#child.stderr.setEncoding('utf8').on('data', (text) => {
      server.#said = (server.#said + text).slice(-4000)
    })
    const { port } = await server.#answer()
    server.port = port
    return server
  }

  begin() {
    this.#child.send('begin')
    return this.#answer()
  }

  end() {
    this.#child.send('end')
    return this.#answer()
  }

  /** To be asked last, as it collects all garbage. */
  memory() {
    this.#child.send('memory')
    return this.#answer()
  }

  async stop() {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  async #answer() {
    const given = new AbortController()
    const signal = AbortSignal.any([given.signal, AbortSignal.timeout(longestAnswer)])
    try {
      const ended = once(this.#child, 'exit', { signal }).then(() => {
        throw new Error('it has ended')
      })
      const [message] = await Promise.race([once(this.#child, 'message', { signal }), ended])
      return message
    } catch (cause) {
      const { subject, framework, scenario } = this.settings
      throw new Error(`Server ${subject}/${framework}/${scenario}: ${cause}\n${this.#said}`, {
        cause
      })
    } finally {
      // The other wait has failed too, and its error adds nothing.
      given.abort()
    }
  }
}
