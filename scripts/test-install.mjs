// Installs this package as its users do, and runs a login with it: npm, pnpm and yarn, its own name,
// the alias, overrides, a bundler and TypeScript.
//
//   npm run test:install                 everything; what cannot be had is skipped, and it says why
//   npm run test:install -- --only pnpm  the tests with this in their name or that of their tool
//
// Packages come from the registry that npm is set to use. All else is in a temporary folder.

import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from './prepare.mjs'

const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', 'integration', 'install.test.js')
// Ends a run that hangs; all of it takes a minute.
const LIMIT = 10 * 60_000

const { values } = parseArgs({ options: { only: { type: 'string' } } })
prepare()
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', `--test-timeout=${LIMIT}`, FILE],
  { stdio: 'inherit', env: { ...process.env, ONLY: values.only ?? '' } }
)
process.exit(status ?? 1)
