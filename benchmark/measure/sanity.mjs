import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { headers, otherCookies } from '../load/browser.mjs'

/**
 * One request before a measurement: a server that answers wrongly may do so quickly.
 *
 * @param {boolean} mustSetCookie
 * @throws {Error} If the response is not what it has to be.
 */
export async function checkResponse({ port, cookieFile }, mustSetCookie) {
  const cookies = cookieFile ? readFileSync(cookieFile, 'utf8').split('\n') : []
  // The last one: a scenario that uses sessions up begins with the first.
  const cookie = [otherCookies, ...cookies.slice(-1)].join('; ')
  const { statusCode, body, setCookie } = await ask(port, { ...headers, Cookie: cookie })
  if (statusCode !== 200 || body !== '{"user":"ada"}') {
    throw new Error(`The server answers ${statusCode} ${body}`)
  }
  if ((setCookie !== undefined) !== mustSetCookie) {
    throw new Error(`The server ${setCookie ? 'sets a cookie' : 'sets no cookie'}`)
  }
}

function ask(port, requestHeaders) {
  return new Promise((resolve, reject) => {
    const url = `http://127.0.0.1:${port}/`
    get(url, { agent: false, headers: requestHeaders }, (response) => {
      const { statusCode, headers: answered } = response
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text) => (body += text))
      response.on('end', () => resolve({ statusCode, body, setCookie: answered['set-cookie'] }))
    }).on('error', reject)
  })
}
