'use strict'

const { join } = require('node:path')

// All of JSON is YAML too.
const text = (settings) => `${JSON.stringify(settings, null, 2)}\n`
const registryOf = (env) => ({ '.npmrc': `registry=${env.npm_config_registry}\n` })

function npm({ env, manifest, overrides }) {
  return { ...registryOf(env), 'package.json': text({ ...manifest, overrides }) }
}

function pnpm({ env, manifest, overrides, settings }) {
  const folders = { storeDir: join(env.XDG_DATA_HOME, 'pnpm'), cacheDir: env.XDG_CACHE_HOME }

  return {
    ...registryOf(env),
    'package.json': text(manifest),
    'pnpm-workspace.yaml': text({ ...folders, ...settings, overrides })
  }
}

function yarn1({ env, manifest, overrides }) {
  return { ...registryOf(env), 'package.json': text({ ...manifest, resolutions: overrides }) }
}

const yarn4 =
  (nodeLinker) =>
  ({ env, manifest, overrides }) => ({
    'package.json': text({ ...manifest, resolutions: overrides }),
    '.yarnrc.yml': text({
      nodeLinker,
      pnpEnableEsmLoader: nodeLinker === 'pnp',
      npmRegistryServer: env.npm_config_registry,
      unsafeHttpWhitelist: ['127.0.0.1']
    }),
    // Says that this is a project of its own, whatever is in the folders above.
    'yarn.lock': ''
  })

/**
 * The package managers: the tool each is, what installs packages with it, the files that a project
 * has for it, and the name under which it has overrides.
 */
const MANAGERS = {
  npm: { tool: 'npm', add: 'install', files: npm, overriding: 'overrides' },
  'pnpm 10': { tool: 'pnpm 10', add: 'add', files: pnpm, overriding: 'overrides' },
  'pnpm 12': { tool: 'pnpm 12', add: 'add', files: pnpm, overriding: 'overrides' },
  'yarn 1': { tool: 'yarn 1', add: 'add', files: yarn1, overriding: 'resolutions' },
  'yarn 4': {
    tool: 'yarn 4',
    add: 'add',
    files: yarn4('node-modules'),
    overriding: 'resolutions'
  },
  "yarn 4 with Plug'n'Play": {
    tool: 'yarn 4',
    add: 'add',
    files: yarn4('pnp'),
    overriding: 'resolutions',
    // There is no node_modules: Node has to be told how to resolve.
    node: ['node']
  }
}

module.exports = { MANAGERS }
