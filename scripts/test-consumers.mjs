// Runs real packages that use sessions, with express-session and with this package.
//
//   npm run test:consumers                     all of them
//   npm run test:consumers -- --only passport  those with this in their name
//
// PROVIDER=express-session or PROVIDER=ours tries one of the two alone.

import { run } from '../integration/run.mjs'

run('consumers.test.js')
