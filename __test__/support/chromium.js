'use strict'

const { accessSync, constants } = require('node:fs')
const path = require('node:path')

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Finds a Chromium to test with: the one named by CHROMIUM_PATH, otherwise the first on the PATH.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} the executable, `undefined` if there is none
 */
function findChromium(env = process.env) {
  // A browser that was asked for is not replaced by another one.
  if (env.CHROMIUM_PATH) return isExecutable(env.CHROMIUM_PATH) ? env.CHROMIUM_PATH : undefined

  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name + suffix))).find(
    isExecutable
  )
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

module.exports = { findChromium }
