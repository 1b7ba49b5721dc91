// Runs real session stores on real servers, with express-session and with this package.
//
//   npm run test:stores                  all stores; those whose server is not installed are skipped
//   npm run test:stores -- --only redis  the stores with this in their name
//
// PROVIDER=express-session or PROVIDER=ours tries one of the two alone.

import { run } from '../integration/run.mjs'

run('stores.test.js')
