'use strict'

const { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { run } = require('./run')

const PROGRAMS = join(__dirname, 'programs')

/** A project that uses this package. */
class Project {
  #env
  #manager
  #tool

  /**
   * @param {string} folder An empty one.
   * @param {{ env: object, manager: object, tool: object }} means
   * @param {object} [settings]
   * @param {object} [settings.manifest] What is in package.json.
   * @param {object} [settings.overrides] What the package manager is to put in place of what.
   * @param {object} [settings.settings] More settings of the package manager, where it has a file.
   * @param {string} [settings.name] What the programs call this package.
   */
  constructor(folder, { env, manager, tool }, settings = {}) {
    const { manifest = {}, overrides, name = 'express-session' } = settings
    const files = manager.files({
      env,
      overrides,
      settings: settings.settings,
      manifest: { name: 'project', private: true, license: 'MIT', ...manifest }
    })

    this.folder = folder
    this.#env = env
    this.#manager = manager
    this.#tool = tool
    cpSync(PROGRAMS, folder, { recursive: true })
    for (const file of readdirSync(PROGRAMS)) {
      const source = readFileSync(join(folder, file), 'utf8')
      this.write(file, source.replaceAll("'express-session", `'${name}`))
    }
    for (const [file, content] of Object.entries(files)) this.write(file, content)
  }

  write(file, content) {
    writeFileSync(join(this.folder, file), content)
  }

  read(file) {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  remove(file) {
    rmSync(join(this.folder, file), { recursive: true })
  }

  /** The folders in a folder, if there is one. */
  folders(file) {
    const path = join(this.folder, file)
    return existsSync(path) ? readdirSync(path).toSorted() : []
  }

  /** Runs the package manager. */
  manage(...args) {
    const { command, shell } = this.#tool
    return run([...command, ...args], { cwd: this.folder, env: this.#env, shell })
  }

  /** Installs packages as the README says. */
  add(...packages) {
    return this.manage(this.#manager.add, ...packages)
  }

  /** Runs Node as the project does. */
  node(...args) {
    const { node } = this.#manager
    if (node) return this.manage(...node, ...args)
    return run([process.execPath, ...args], { cwd: this.folder, env: this.#env })
  }

  /** Runs a program and gives what it reports. */
  async report(file) {
    return JSON.parse(await this.node(file))
  }

  /** Where genuine copies of express-session are in what was installed. */
  genuineCopies() {
    if (this.#manager.node) {
      // Without a node_modules folder packages stay in archives, and the lockfile says which.
      return this.read('yarn.lock').match(/^ +resolution: "express-session@npm:.*/gm) ?? []
    }
    return manifestsIn(this.folder).filter((file) =>
      /"name": *"express-session"/.test(readFileSync(file, 'utf8'))
    )
  }
}

/** The package.json files of all packages below a folder. Links are not followed. */
function manifestsIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return manifestsIn(path)
    return entry.name === 'package.json' ? [path] : []
  })
}

module.exports = { Project }
