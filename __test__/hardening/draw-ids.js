'use strict'

/** Draws session ids and tells them: in a worker thread or in a process of its own. */

const { parentPort } = require('node:worker_threads')
const { generateId } = require('../../lib/session-id')

const ids = Array.from({ length: 200 }, generateId)
if (parentPort) parentPort.postMessage(ids)
else process.send(ids, () => process.disconnect())
