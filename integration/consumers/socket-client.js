'use strict'

const http = require('node:http')
const { io } = require('socket.io-client')

/**
 * Connects to a site's socket.io over one transport alone.
 *
 * @param {{ onClose: Function }} stage
 * @param {number} port
 * @param {object} [options] `cookies`, `namespace`, and `transport`: 'websocket' or 'polling'.
 * @returns {Promise<object>} The client's socket; refused when the site refuses the connection.
 */
function connected({ onClose }, port, { cookies = [], namespace = '/', transport } = {}) {
  const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const socket = io(`http://127.0.0.1:${port}${namespace}`, {
    extraHeaders: { Cookie },
    forceNew: true,
    reconnection: false,
    transports: [transport ?? 'websocket']
  })
  onClose(() => socket.disconnect())
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', reject)
  })
}

/** Says for what reason a connection is refused, if it is. */
function refusal(...args) {
  return connected(...args).then(
    () => ({ refused: null }),
    ({ message }) => ({ refused: message })
  )
}

/** Shakes hands for a websocket, as a browser does, and gives what only a browser gets to see. */
function upgraded(port, path) {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    'Sec-WebSocket-Version': 13
  }
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false })
    request.on('upgrade', ({ rawHeaders, statusCode: status }, socket) => {
      socket.destroy()
      const names = rawHeaders.filter((_, place) => place % 2 === 0)
      const lines = names.map((name, place) => `${name}: ${rawHeaders[place * 2 + 1]}`)
      resolve({ status, headers: lines })
    })
    request.on('response', ({ statusCode }) => reject(new Error(`answered with ${statusCode}`)))
    request.on('error', reject)
  })
}

module.exports = { connected, refusal, upgraded }
