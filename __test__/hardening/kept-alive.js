'use strict'

/**
 * What an application could keep alive without meaning to: the data of sessions whose ids it keeps, and
 * sessions that were replaced. Prints what the heap has grown by, in megabytes, and whether they are gone.
 *
 *   node --expose-gc __test__/hardening/kept-alive.js
 */

const { createHmac } = require('node:crypto')
const { ServerResponse } = require('node:http')
const session = require('../..')
const { sessionsBehind } = require('../../lib/memory/view')

const MEGABYTE = 2 ** 20
const SECRET = 'secret'
const SESSIONS = 1000
/** 40 MB in all. */
const text = 'x'.repeat(40_000)
const idOf = (n) => `the-session-of-somebody-${n}`

main()

async function main() {
  const store = new session.MemoryStore()
  const middleware = session({ secret: SECRET, store, resave: false, saveUninitialized: false })
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
  for (let n = 0; n < SESSIONS; n++) store.set(idOf(n), { cookie, text })

  const ids = new Set()
  const before = collected().heapUsed
  for (let n = 0; n < SESSIONS; n++) ids.add((await visit(middleware, idOf(n))).sessionID)
  const heap = collected().heapUsed - before

  const replaced = new WeakRef(sessionsBehind(store.sessions))
  store.sessions = Object.create(null)
  await visit(middleware, 'nobody')
  // What a WeakRef refers to is kept to the end of the turn, and what is on the stack may be kept longer.
  let isGone = false
  for (let turn = 0; turn < 10 && !isGone; turn++) {
    await new Promise(setImmediate)
    collected()
    isGone = replaced.deref() === undefined
  }
  const figures = { ids: ids.size, heap: heap / MEGABYTE, isGone }
  console.log(JSON.stringify(figures))
}

async function visit(middleware, id) {
  const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '')
  const req = {
    url: '/',
    method: 'GET',
    connection: {},
    headers: { cookie: `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}` }
  }
  const res = new ServerResponse(req)
  await new Promise((resolve) => middleware(req, res, resolve))
  res.end()
  return req
}

function collected() {
  globalThis.gc()
  return process.memoryUsage()
}
