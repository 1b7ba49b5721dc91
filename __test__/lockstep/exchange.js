'use strict'

const http = require('node:http')
const { makeRequest } = require('../parity/exchange')

// One request of a scenario in memory: Node's own request and response on a socket that only
// remembers what is written to it.
function makeExchange(given, cookie) {
  const headers = {}
  if (cookie !== undefined) headers.cookie = cookie
  if (given.proto !== null) headers['x-forwarded-proto'] = given.proto
  const { method, url, encrypted } = given
  const req = makeRequest({ method, url, headers, encrypted })
  if (given.version === '1.0') {
    req.httpVersion = '1.0'
    req.httpVersionMinor = 0
  }
  const res = new http.ServerResponse(req)
  res.sendDate = false
  res.shouldKeepAlive = given.keepAlive
  res.assignSocket(req.socket)
  const needsDrain = Object.getOwnPropertySymbols(res).find(isNeedDrain)
  // A server does the same for a response that has been told to wait.
  req.socket.on('drain', () => {
    if (res.finished || !res[needsDrain]) return
    res[needsDrain] = false
    res.emit('drain')
  })
  req.socket.on('error', () => {})
  return { req, res, chunks: req.socket.chunks }
}

const isNeedDrain = ({ description }) => description === 'kNeedDrain'

module.exports = { makeExchange }
