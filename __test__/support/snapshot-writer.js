'use strict'

const fs = require('node:fs')
const { Cookie, MemoryStore } = require('../..')

/**
 * Saves sessions by number, with a snapshot as often as there can be one, until it is killed. Tells in
 * lines of JSON: `loaded`, how many it has found; `adding`, the highest number it has ever been about to
 * save; `snapshots`, how many were finished; `sure`, up to which number all are in the last of them.
 */

/** Sessions of one life: enough to have some in every snapshot. */
const MOST = 1500
const AT_ONCE = 10

const store = new MemoryStore({ snapshot: { path: process.argv[2], interval: 1 } })
const found = Object.keys(store.sessions).map((sid) => Number(sid.split(' ')[1]))
const first = Math.max(0, ...found) + 1
let last = first - 1
/** What was seen of late: a number of snapshots, and the last session that was in at that time. */
let seen = []
let [snapshots, sure] = [0, 0]

// A pipe is written to at once, so nothing is lost when the process is.
const tell = (what) => fs.writeSync(1, `${JSON.stringify(what)}\n`)
tell({ loaded: found.length, adding: last })

function work() {
  const { count } = store.stats().snapshots
  if (count > snapshots) {
    snapshots = count
    // The last one that was finished began after the one before it, which was not finished yet when
    // there were two fewer.
    for (const [number, session] of seen) if (number <= count - 2) sure = Math.max(sure, session)
    seen = seen.filter(([number]) => number > count - 2)
    tell({ snapshots, sure })
  }
  if (seen.at(-1)?.[0] === count) seen.pop()
  seen.push([count, last])
  if (last - first < MOST) {
    tell({ adding: last + AT_ONCE })
    for (let n = 0; n < AT_ONCE; n++) {
      last++
      const filler = `${last} é `.repeat(20 + (last % 50))
      store.set(`session ${last}`, { cookie: new Cookie(), number: last, filler })
    }
  }
  setImmediate(work)
}

work()
