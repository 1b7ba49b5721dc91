import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export default {
  root: dirname(fileURLToPath(import.meta.url)),
  test: {
    include: ['*.test.mjs'],
    globals: false,
    // One process is enough, and no other work is held up by it.
    maxWorkers: 1,
    watch: false,
    server: process.env.INLINE ? { deps: { inline: [/express-session/] } } : {}
  }
}
