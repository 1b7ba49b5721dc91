// Writes tests/lifecycle_oracle.txt anew: what express-session does with a session in every
// situation. The Rust table test replays it; __test__/lifecycle.test.js checks that it is fresh.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { lifecycleTable } = require('../__test__/support/lifecycle-table.js')

const file = new URL('../tests/lifecycle_oracle.txt', import.meta.url)
writeFileSync(file, lifecycleTable(require('express-session')))
