'use strict'

/**
 * Whether the client's connection is encrypted, as far as it can be known.
 *
 * @param {object} req
 * @param {unknown} trustProxy Option `proxy`: `true` believes `X-Forwarded-Proto`, `false` only the
 *   socket, anything else Express's own `req.secure` (setting "trust proxy").
 */
function isSecure(req, trustProxy) {
  const socket = req.connection || req.socket
  if (socket && socket.encrypted) return true
  if (trustProxy === false) return false
  if (trustProxy !== true) return req.secure === true

  // The client's own protocol comes first in the list.
  const protocols = req.headers['x-forwarded-proto'] || ''
  return protocols.split(',', 1)[0].toLowerCase().trim() === 'https'
}

module.exports = { isSecure }
