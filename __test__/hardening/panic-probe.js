'use strict'

const { spawnSync } = require('node:child_process')
const { join } = require('node:path')

const root = join(__dirname, '../..')

/**
 * Builds the native library with exports that panic: not optimised, but with the release profile's
 * way to deal with panics, because that is what is to be tested.
 *
 * @returns {string} The library's path.
 */
function buildPanicProbe() {
  const target = join(root, 'target', 'panic-probe')
  const settings = ['lto=false', 'opt-level=0', 'codegen-units=16']
  const { status, stderr } = spawnSync(
    'cargo',
    [
      'build',
      '--release',
      '--lib',
      '--features=panic-probe',
      '--target-dir',
      target,
      ...settings.flatMap((setting) => ['--config', `profile.release.${setting}`])
    ],
    { cwd: root, encoding: 'utf8' }
  )
  if (status !== 0) throw new Error(`the probe does not build: ${stderr}`)
  return join(target, 'release', fileName())
}

function fileName() {
  const name = 'express_session_native'
  if (process.platform === 'win32') return `${name}.dll`
  return `lib${name}.${process.platform === 'darwin' ? 'dylib' : 'so'}`
}

module.exports = { buildPanicProbe }
