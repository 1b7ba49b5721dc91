'use strict'

const NAMES = ['express-session', 'ours']

const ROOTS = { 'express-session': 'express-session', ours: '../..' }

// The module under test, and its files that applications and stores are known to require directly.
function provider(name) {
  const root = ROOTS[name]
  return {
    session: require(root),
    deep: (file) => require(name === 'ours' ? `${root}/${file}` : `express-session/${file}`)
  }
}

// The providers this run is about: both, or only the one named in the environment.
function chosen(env = process.env) {
  if (!env.PROVIDER) return NAMES
  if (!NAMES.includes(env.PROVIDER)) throw new Error(`PROVIDER must be one of ${NAMES.join(', ')}`)
  return [env.PROVIDER]
}

module.exports = { provider, chosen }
