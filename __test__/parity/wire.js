'use strict'

const http = require('node:http')
const net = require('node:net')
const { once } = require('node:events')

// A server on loopback, and requests written to it as bytes: the answers come back as bytes too.
async function serving(app, work) {
  const server = http.createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  try {
    return await work((request) => ask(port, request))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function ask(port, { method = 'GET', url = '/', headers = {}, body = '' }) {
  const lines = [`${method} ${url} HTTP/1.1`, 'Host: localhost', 'Connection: close']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  const socket = net.connect(port, '127.0.0.1')
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in time')))
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const chunks = []
  for await (const chunk of socket) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
    .toString('latin1')
    .replace(/^Date: .*$/m, 'Date: <date>')
  const [head] = raw.split('\r\n\r\n', 1)
  return { raw, head: head.split('\r\n') }
}

// A browser's memory of cookies, as far as these tests go.
function jar() {
  const kept = new Map()
  return {
    take(head) {
      for (const line of head) {
        const [, name, value] = /^set-cookie: ([^=]+)=([^;]*)/i.exec(line) ?? []
        if (name) kept.set(name, value)
      }
    },
    get header() {
      return [...kept].map(([name, value]) => `${name}=${value}`).join('; ')
    }
  }
}

// Requests one after the other, with cookies kept in between.
function browsing(app, requests) {
  const cookies = jar()
  return serving(app, async (send) => {
    const answers = []
    for (const request of requests) {
      const headers = { ...request.headers }
      if (cookies.header) headers.Cookie = cookies.header
      const answer = await send({ ...request, headers })
      cookies.take(answer.head)
      answers.push(answer)
    }
    return answers
  })
}

module.exports = { serving, browsing, jar }
