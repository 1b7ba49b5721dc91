'use strict'

const http = require('node:http')
const { Duplex } = require('node:stream')
const { turnsUntil } = require('./turns')

class MemorySocket extends Duplex {
  chunks = []

  _read() {}

  _write(chunk, encoding, done) {
    this.chunks.push(Buffer.from(chunk, encoding))
    done()
  }

  setTimeout() {}
}

function makeRequest({ method = 'GET', url = '/', headers = {}, encrypted = false }) {
  const socket = new MemorySocket()
  if (encrypted) socket.encrypted = true
  const req = new http.IncomingMessage(socket)
  req.httpVersion = '1.1'
  req.httpVersionMajor = 1
  req.httpVersionMinor = 1
  req.method = method
  req.url = url
  req.headers = headers
  return req
}

// One request through a middleware, with node's own request and response objects on a socket that
// only remembers bytes: everything the client would receive, and no port to open.
async function exchange(middleware, { log, prepare, handle, ...request }) {
  const req = makeRequest(request)
  const res = new http.ServerResponse(req)
  res.sendDate = false
  res.assignSocket(req.socket)
  log.response = res
  let finished = false
  res.once('finish', () => {
    finished = true
  })

  let handled = null
  function next(error) {
    log.add('next', ...(arguments.length > 0 ? [error] : []))
    if (handled !== null) return
    if (error) {
      handled = Promise.resolve()
      if (res.headersSent) return
      res.statusCode = 500
      endFailed(res, log, 'failed')
      return
    }
    handled = runHandler(handle, req, res, log)
  }

  if (prepare) prepare(req, res)
  try {
    const returned = middleware(req, res, next)
    if (returned !== undefined) log.add('middleware returned', returned)
  } catch (error) {
    log.add('middleware threw', error)
  }
  await turnsUntil(() => finished)
  await handled
  return { log: log.take(), finished, ...received(req.socket.chunks) }
}

async function runHandler(handle, req, res, log) {
  try {
    if (handle) await handle(req, res, log)
    else res.end('ok')
  } catch (error) {
    log.add('handler threw', error)
    // the handler may have failed on the very status it left behind
    if (!res.headersSent) res.statusCode = 500
    if (!res.writableEnded) endFailed(res, log, 'threw')
  }
}

// What an error handler does, which may fail on what has failed before.
function endFailed(res, log, body) {
  try {
    res.end(body)
  } catch (error) {
    log.add('error handler threw', error)
  }
}

function received(chunks) {
  const raw = Buffer.concat(chunks).toString('latin1')
  const split = raw.indexOf('\r\n\r\n')
  if (split === -1) return { head: [], body: raw }
  return { head: raw.slice(0, split).split('\r\n'), body: raw.slice(split + 4) }
}

function headerValues(head, name) {
  const prefix = `${name.toLowerCase()}: `
  return head
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length))
}

const setCookies = ({ head }) => headerValues(head, 'set-cookie')

module.exports = { exchange, makeRequest, received, headerValues, setCookies }
