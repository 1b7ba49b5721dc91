'use strict'

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { promisify } = require('node:util')
const manifest = require('../../package.json')

const ROOT = join(__dirname, '..', '..')
const NAME = 'express-session'
// Loading takes a fraction of a second.
const LIMIT = 60_000

/**
 * Runs an ES module in an application that has this package installed as `express-session`, on the
 * runtime that runs this file. A package's own folder is not enough: Deno takes a file for CommonJS
 * only in node_modules.
 *
 * @param {string} source
 * @returns {Promise<string>} what it prints
 */
async function runInstalled(source) {
  const app = fs.mkdtempSync(join(tmpdir(), 'express-session-native-app-'))
  try {
    const modules = join(app, 'node_modules')
    fs.mkdirSync(join(modules, NAME), { recursive: true })
    for (const file of published()) {
      fs.cpSync(join(ROOT, file), join(modules, NAME, file), { recursive: true })
    }
    for (const dependency of Object.keys(manifest.dependencies)) {
      fs.symlinkSync(join(ROOT, 'node_modules', dependency), join(modules, dependency), 'junction')
    }
    const dependencies = { [NAME]: manifest.version, ...manifest.dependencies }
    fs.writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
    fs.writeFileSync(join(app, 'app.js'), source)
    const flags = process.versions.deno ? ['run', '-A'] : []
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, 'app.js'], {
      cwd: app,
      timeout: LIMIT
    })
    return stdout
  } finally {
    fs.rmSync(app, { recursive: true, force: true })
  }
}

/** What package.json says is published and is needed to run. */
function published() {
  const files = manifest.files.filter(
    (file) => !file.includes('*') && !/\.(?:d\.ts|md)$/.test(file)
  )
  const addons = fs.readdirSync(ROOT).filter((file) => file.endsWith('.node'))
  return ['package.json', ...files, ...addons]
}

module.exports = { runInstalled }
