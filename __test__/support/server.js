'use strict'

const http = require('node:http')
const { once } = require('node:events')

/**
 * Serves a handler on a free port for as long as `use` runs.
 *
 * @param {import('node:http').RequestListener} handler
 * @param {(port: number) => Promise<void>} use
 */
async function serving(handler, use, server = http.createServer()) {
  server.on('request', handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(server.address().port)
  } finally {
    server.closeAllConnections?.()
    server.close()
    await once(server, 'close')
  }
}

/** One request; resolves to status, raw header pairs, headers and body. */
function request(port, { cookie, path = '/', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const options = { port, path, headers: { ...headers, ...(cookie && { cookie }) } }
    const outgoing = http.get({ host: '127.0.0.1', ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          trailers: response.trailers,
          body
        })
      )
      response.on('error', reject)
    })
    outgoing.on('error', reject)
  })
}

/** The `name=value` of each Set-Cookie, as a client sends them back. */
function cookieOf(response) {
  return response.headers['set-cookie']?.map((cookie) => cookie.split(';', 1)[0]).join('; ')
}

module.exports = { cookieOf, request, serving }
