'use strict'

const { dirname, sep } = require('node:path')

const NAMES = ['express-session', 'ours']

const ROOTS = { 'express-session': 'express-session', ours: '../..' }

const loaded = Object.fromEntries(NAMES.map((name) => [name, new WeakSet()]))

// The module under test, and its files that applications and stores are known to require directly.
function provider(name) {
  const root = ROOTS[name]
  const session = require(root)
  loaded[name].add(session)
  return {
    session,
    deep: (file) => require(name === 'ours' ? `${root}/${file}` : `express-session/${file}`)
  }
}

// The same provider once more, from files that are loaded anew.
function reloaded(session) {
  const name = NAMES.find((known) => loaded[known].has(session))
  const entry = require.resolve(ROOTS[name])
  const folder = dirname(entry) + sep
  for (const file of Object.keys(require.cache)) {
    const isOwn =
      file.startsWith(folder) &&
      !/[\\/](node_modules|__test__)[\\/]/.test(file.slice(folder.length - 1))
    if (isOwn && !file.endsWith('.node')) delete require.cache[file]
  }
  return provider(name).session
}

// The providers this run is about: both, or only the one named in the environment.
function chosen(env = process.env) {
  if (!env.PROVIDER) return NAMES
  if (!NAMES.includes(env.PROVIDER)) throw new Error(`PROVIDER must be one of ${NAMES.join(', ')}`)
  return [env.PROVIDER]
}

module.exports = { provider, chosen, reloaded }
