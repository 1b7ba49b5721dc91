import { spawnSync } from 'node:child_process'

/**
 * @param {string} node Path or command of a Node.
 * @throws {Error} If it does not run.
 */
export function versionOf(node) {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`The Node ${node} does not run`, { cause: error })
  return stdout.trim()
}
