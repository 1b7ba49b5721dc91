import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const workerFile = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** A subject in a process of its own, which answers requests when it is asked to. */
export class SubjectProcess {
  #child
  #onExit

  /**
   * @param {object} settings
   * @param {string} settings.subject
   * @param {string} settings.framework
   * @param {string} settings.scenario
   * @param {number} settings.sessions How many there are in the store.
   * @param {string} node Its path.
   * @param {string[]} [nodeOptions]
   * @returns {Promise<SubjectProcess>}
   */
  static async start(settings, node, nodeOptions = []) {
    const process = new SubjectProcess()
    await process.#start(settings, node, nodeOptions)
    return process
  }

  async #start(settings, node, nodeOptions) {
    const { subject, framework, scenario } = settings
    const args = ['--expose-gc', ...nodeOptions, workerFile, JSON.stringify(settings)]
    const child = spawn(node, args, {
      env: { ...process.env, NODE_ENV: 'production', NO_DEPRECATION: 'express-session' },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    })
    this.subject = subject
    this.#child = child
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
    // A worker ends by itself only if something is wrong with it.
    this.#onExit = () => {
      console.error(`${subject}, ${framework}, ${scenario} has ended:\n${said}`)
      process.exit(1)
    }
    child.once('exit', this.#onExit)
    await once(child, 'message')
  }

  /** @returns {Promise<number>} Microseconds of CPU time per request. */
  async answer(requests) {
    this.#child.send({ requests })
    const [{ perRequest }] = await once(this.#child, 'message')
    return perRequest
  }

  async stop() {
    this.#child.off('exit', this.#onExit)
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
