'use strict'

// A realm of its own with a module registry of its own, as test runners make one for each test file.

const fs = require('node:fs')
const { createRequire, isBuiltin } = require('node:module')
const { dirname } = require('node:path')
const vm = require('node:vm')

/** What test environments hand over from outside. */
const HANDED_OVER = {
  Buffer,
  clearImmediate,
  clearTimeout,
  console,
  process,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
  URL
}

/** What jest-environment-node hands over as well, so that Node takes a buffer for one. */
const BYTES = { ArrayBuffer, Uint8Array }

/**
 * @param {object} [options]
 * @param {boolean} [options.withBytes] Whether `ArrayBuffer` and `Uint8Array` are those of outside.
 * @param {boolean} [options.withPrefix] Whether Node's own modules are known with the prefix `node:`, which
 *   Jest 26 takes for the name of a file.
 */
function makeRealm({ withBytes = false, withPrefix = true } = {}) {
  const context = vm.createContext({ ...HANDED_OVER, ...(withBytes ? BYTES : {}) })
  context.global = context
  const asked = new Set()
  const modules = new Map()

  function load(file) {
    if (modules.has(file)) return modules.get(file).exports
    const module = { exports: {} }
    modules.set(file, module)
    try {
      evaluateInto(module, file)
    } catch (error) {
      modules.delete(file)
      throw error
    }
    return module.exports
  }

  function evaluateInto(module, file) {
    if (file.endsWith('.node')) module.exports = require(file)
    else if (file.endsWith('.json')) {
      module.exports = vm.runInContext(`(${fs.readFileSync(file, 'utf8')})`, context)
    } else {
      const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '')
      const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`
      const body = vm.runInContext(wrapped, context, { filename: file })
      body.call(module.exports, module.exports, requireFrom(file), module, file, dirname(file))
    }
  }

  function requireFrom(file) {
    const { resolve } = createRequire(file)
    const requireInside = (name) => {
      if (!withPrefix && name.startsWith('node:')) {
        const error = new Error(`ENOENT: no such file or directory, open '${name}'`)
        throw Object.assign(error, { code: 'ENOENT', asker: file })
      }
      if (isBuiltin(name)) {
        asked.add(name)
        return require(name)
      }
      return load(resolve(name))
    }
    return Object.assign(requireInside, { resolve })
  }

  return {
    asked,
    context,
    evaluate: (source) => vm.runInContext(source, context),
    load,
    /** Forgets all modules, as `jest.resetModules` does. */
    reset: () => modules.clear()
  }
}

module.exports = { makeRealm }
