'use strict'

const { createHmac } = require('node:crypto')

const SECRET = 'keyboard cat'

// The signed id as the session cookie holds it, before percent encoding.
function signed(id, secret = SECRET) {
  const mac = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return `s:${id}.${mac}`
}

function cookieHeader(id, { secret = SECRET, name = 'connect.sid' } = {}) {
  return `${name}=${encodeURIComponent(signed(id, secret))}`
}

module.exports = { SECRET, signed, cookieHeader }
