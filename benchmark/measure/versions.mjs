import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const runtimes = fileURLToPath(new URL('../../integration/runtimes/node_modules', import.meta.url))

/**
 * The Node that an option names.
 *
 * @param {string} text A path, a command, or the number of a version that is installed in
 *   `integration/runtimes`.
 * @returns {{ node: string, version: string }}
 * @throws {Error} If it does not run.
 */
export function findNode(text) {
  const node = /^\d+$/.test(text) ? installed(text) : existsSync(text) ? resolve(text) : text
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`The Node ${node} does not run`, { cause: error })
  return { node, version: stdout.trim() }
}

function installed(major) {
  const { arch, platform } = process
  const file = platform === 'win32' ? 'node.exe' : 'node'
  const node = resolve(runtimes, `node${major}-${platform}-${arch}`, 'bin', file)
  if (existsSync(node)) return node
  throw new Error(`Node ${major} is not installed: run npm ci --prefix integration/runtimes`)
}
