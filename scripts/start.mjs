import { prepare } from './prepare.mjs'

prepare()

// In this very process, so that Ctrl-C reaches the server and nothing is left behind. Not imported
// above, because it needs what has just been installed and built.
const { default: example } = await import('../examples/login/server.js')
example.main()

// When npm is told to end it tells its shell, and some shells end without telling us: the server
// would go on unseen and hold the port.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}
