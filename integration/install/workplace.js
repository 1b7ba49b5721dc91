'use strict'

const {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync
} = require('node:fs')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { environment } = require('./environment')
const { MANAGERS } = require('./managers')
const { Project } = require('./project')
const { serve } = require('./registry')
const { run } = require('./run')
const { fetchTools } = require('./tools')

const ROOT = resolve(__dirname, '..', '..')
const STORE = join(__dirname, 'store')
const shell = process.platform === 'win32'

/**
 * A temporary folder with this package as it would be published, a registry that has it, and the
 * package managers.
 */
async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'express-session-native-install-'))
  let registry
  const close = async () => {
    await registry?.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  try {
    // Asked for as the user has it, before anything is set otherwise.
    const upstream = await run(['npm', 'config', 'get', 'registry'], { cwd: ROOT, shell })
    const { pack } = await import('../../scripts/targets/pack.mjs')
    const { TARGETS } = await import('../../scripts/targets/targets.mjs')
    const platforms = Object.keys(TARGETS).filter((name) => name !== 'wasm')
    const all = pack(folder, libraries(platforms, folder))
    const packages = [...all, await packFolder(STORE, folder)]
    registry = await serve(packages, upstream.trim())
    const env = environment(folder, registry.url)
    const tools = await fetchTools(join(folder, 'tools'), env)
    const [{ manifest, file: tarball }] = packages

    return {
      manifest,
      tarball,
      tools,
      close,
      /** Makes a project of a package manager; see the class for what it takes. */
      project(title, settings) {
        const manager = MANAGERS[title]
        const cwd = mkdtempSync(join(folder, 'project-'))
        return new Project(cwd, { env, manager, tool: tools.get(manager.tool) }, settings)
      }
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The libraries of all platforms: those that were built here, and files in place of the others. */
function libraries(platforms, folder) {
  const standIn = join(folder, 'no-library')
  writeFileSync(standIn, 'This platform was not built.\n')
  return platforms.map((name) => {
    const file = `express-session-native.${name}.node`
    const built = [join(ROOT, 'dist', 'engines', file), join(ROOT, file)].find(existsSync)
    return { name, file: built ?? standIn }
  })
}

async function packFolder(source, folder) {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  // A folder each, so that the one file in it is the tarball, whatever npm calls it.
  const to = mkdtempSync(join(folder, 'packed-'))
  const args = ['pack', '--ignore-scripts', '--offline', '--pack-destination', to]
  await run(['npm', ...args], { cwd: source, shell })
  return { manifest, file: join(to, readdirSync(to)[0]) }
}

module.exports = { open }
