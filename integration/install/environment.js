'use strict'

const { join } = require('node:path')

// The settings of the user that have to be kept: how to reach the registry.
const NETWORK = /^(npm_config|yarn)_(https?_?proxy|proxy|ca|cafile|https_ca_file_path|strict_ssl)$/i

/**
 * The environment in which everything is installed: from one registry, with nothing used or left
 * outside of a folder, and without a setting that would let a conflict pass.
 */
function environment(folder, registry) {
  // npm tells the scripts it runs of its settings, and with them the npm that a script starts.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm|pnpm|yarn)_/i.test(name) || NETWORK.test(name)
  )
  const direct = [process.env.NO_PROXY ?? process.env.no_proxy, '127.0.0.1'].filter(Boolean).join()

  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: '',
    NODE_OPTIONS: '',
    EXPRESS_SESSION_ENGINE: '',
    NO_PROXY: direct,
    no_proxy: direct,
    npm_config_noproxy: direct,
    npm_config_registry: registry,
    npm_config_cache: join(folder, 'npm'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_force: 'false',
    npm_config_legacy_peer_deps: 'false',
    // pnpm keeps a state as well, for which a project has no setting.
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_STATE_HOME: join(folder, 'state'),
    YARN_CACHE_FOLDER: join(folder, 'yarn'),
    YARN_GLOBAL_FOLDER: join(folder, 'yarn-global'),
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    // Else yarn refuses to write a lockfile where it finds that this is a CI.
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false'
  }
}

module.exports = { environment }
