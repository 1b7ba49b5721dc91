'use strict'

// What a client can tell of a noted step.

/** The values of a header, in the order in which they were sent. Proxies send names in lower case. */
function valuesOf({ answer }, name) {
  const start = `${name}: `.toLowerCase()
  return answer.headers
    .filter((header) => header.toLowerCase().startsWith(start))
    .map((header) => header.slice(start.length))
}

/** The session cookies among those that were set. */
function cookiesOf(step, name = 'connect.sid') {
  return valuesOf(step, 'Set-Cookie').filter((cookie) => cookie.startsWith(`${name}=`))
}

/** The id in the session cookie, of which there may be one at most. */
function idIn(step, name) {
  const [cookie, ...others] = cookiesOf(step, name)
  if (others.length > 0) throw new Error(`the cookie is set twice: ${others}`)
  return cookie && /=s%3A(\w+)\./.exec(cookie)[1]
}

const statusOf = ({ answer }) => answer.status
const jsonOf = ({ answer }) => JSON.parse(answer.body)

module.exports = { cookiesOf, idIn, jsonOf, statusOf, valuesOf }
