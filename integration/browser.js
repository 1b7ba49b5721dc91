'use strict'

const http = require('node:http')

/**
 * A client that keeps cookies, as a browser does, and tells all it sees of an answer.
 *
 * @param {number} port
 */
function browser(port) {
  const cookies = new Map()

  /** @returns {Promise<{ status: number, headers: string[], body: string } | { failure: string }>} */
  function visit(path, { method = 'GET', headers = {}, body } = {}) {
    const sent = { ...headers }
    if (cookies.size > 0) {
      sent.Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    }
    return new Promise((resolve) => {
      const failed = (error) => resolve({ failure: error.code ?? error.message })
      // Without an agent each request has a connection of its own, which ends with the answer.
      const options = { host: '127.0.0.1', port, path, method, headers: sent, agent: false }
      const request = http.request({ ...options, timeout: 30_000 }, (response) => {
        const answer = { status: response.statusCode, headers: shown(response.rawHeaders) }
        for (const text of response.headers['set-cookie'] ?? []) keep(text)
        response.setEncoding('utf8')
        answer.body = ''
        response.on('data', (chunk) => (answer.body += chunk))
        response.on('end', () => resolve(answer))
        response.on('error', (error) => resolve({ ...answer, failure: error.code }))
      })
      request.on('timeout', () => request.destroy(new Error('no answer in time')))
      request.on('error', failed)
      request.end(body)
    })
  }

  function keep(text) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)
    cookies.set(name, value)
  }

  return { cookies, visit }
}

/** The headers in their order, as far as they do not differ from one second to the next. */
function shown(raw) {
  const headers = []
  for (let n = 0; n < raw.length; n += 2) {
    if (raw[n] !== 'Date') headers.push(`${raw[n]}: ${raw[n + 1]}`)
  }
  return headers
}

module.exports = { browser }
