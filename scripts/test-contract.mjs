// Runs the contract of session stores (testing.js) on stores that people use, and compares what each does
// not keep with a table.
//
//   npm run test:contract
//
// connect-redis needs redis-server and is skipped without it.

import { run } from '../integration/run.mjs'

run('contract.test.js')
