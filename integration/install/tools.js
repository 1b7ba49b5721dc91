'use strict'

const { mkdirSync, writeFileSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { run } = require('./run')

// Exact, so that what is tried changes only together with this file. Node runs the entry itself:
// on Windows a package's commands are scripts for a shell.
const TOOLS = {
  'pnpm 10': { name: 'pnpm', version: '10.34.9', entry: 'bin/pnpm.cjs' },
  'pnpm 12': { name: 'pnpm', version: '12.21.0', entry: 'bin/pnpm.mjs' },
  'yarn 1': { name: 'yarn', version: '1.22.22', entry: 'bin/yarn.js' },
  'yarn 4': { name: '@yarnpkg/cli-dist', version: '4.18.1', entry: 'bin/yarn.js' },
  esbuild: { name: 'esbuild', version: '0.28.2', entry: 'bin/esbuild' },
  Vite: { name: 'vite', version: '8.3.8', entry: 'bin/vite.js' },
  webpack: { name: 'webpack-cli', version: '7.3.1', entry: 'bin/cli.js', peer: 'webpack@5.113.0' },
  'TypeScript 5': { name: 'typescript', version: '5.9.3', entry: 'bin/tsc' }
}

// Not resolved as a module, which the package's `exports` keep it from being.
const OUR_TSC = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')

const NPM = { command: ['npm'], shell: process.platform === 'win32' }

/**
 * Installs the tools, each in a folder of its own.
 *
 * @returns {Promise<Map<string, { command?: string[], shell?: boolean, missing?: string }>>} Each
 *   with how to run it, or with the reason why it cannot be had here.
 */
async function fetchTools(folder, env) {
  const fetched = Object.entries(TOOLS).map(async ([title, tool], place) => [
    title,
    await fetchTool(join(folder, String(place)), env, tool).catch((error) => ({
      missing: `${tool.name}@${tool.version} cannot be had: ${reason(error)}`
    }))
  ])
  return new Map([
    ['npm', NPM],
    ["this repository's TypeScript", { command: [process.execPath, OUR_TSC] }],
    ...(await Promise.all(fetched))
  ])
}

/** What can be shown on a line of what npm said. */
function reason({ message }) {
  return message
    .split(/\s*\n\s*/)
    .filter(Boolean)
    .slice(0, 3)
    .join(' ')
}

async function fetchTool(cwd, env, { name, version, entry, peer }) {
  mkdirSync(cwd, { recursive: true })
  writeFileSync(join(cwd, 'package.json'), '{}')
  const how = ['--ignore-scripts', '--no-bin-links', '--no-package-lock']
  const { command, shell } = NPM
  const packages = [`${name}@${version}`, ...(peer ? [peer] : [])]
  await run([...command, 'install', ...how, ...packages], { cwd, env, shell })

  const tool = { command: [process.execPath, join(cwd, 'node_modules', name, entry)] }
  const told = await run([...tool.command, '--version'], { cwd, env })
  if (!told.includes(version)) throw new Error(`it says that it is ${told.trim()}`)
  return tool
}

module.exports = { fetchTools }
