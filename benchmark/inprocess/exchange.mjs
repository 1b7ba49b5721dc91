import { IncomingMessage, ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { headers, otherCookies } from '../load/browser.mjs'

/**
 * A client's connection without a network: requests are made as Node's HTTP server makes them, and
 * what a response writes goes nowhere.
 */
export class Connection extends Duplex {
  remoteAddress = '127.0.0.1'
  /** What was written, if it is recorded. */
  #written

  _read() {}

  _write(chunk, encoding, callback) {
    if (this.#written !== undefined) this.#written += chunk
    callback()
  }

  _writev(chunks, callback) {
    if (this.#written !== undefined) {
      for (const { chunk } of chunks) this.#written += chunk
    }
    callback()
  }

  /**
   * Has a request answered.
   *
   * @param {Function} listener
   * @param {string} url
   * @param {string} cookie The whole `Cookie` header.
   * @param {() => void} onFinish
   */
  request(listener, url, cookie, onFinish) {
    const req = new IncomingMessage(this)
    req.httpVersionMajor = 1
    req.httpVersionMinor = 1
    req.httpVersion = '1.1'
    req.url = url
    req.method = 'GET'
    const raw = [...rawHeaders, 'Cookie', cookie]
    req._addHeaderLines(raw, raw.length)
    req.complete = true
    const res = new ServerResponse(req)
    res.shouldKeepAlive = true
    res.assignSocket(this)
    res.on('finish', () => {
      res.detachSocket(this)
      onFinish()
    })
    listener(req, res)
  }

  /** @returns {Promise<{ statusCode: number, setCookie: string[], body: string }>} */
  ask(listener, url, cookie) {
    this.#written = ''
    return new Promise((resolve) => {
      this.request(listener, url, cookie, () => {
        const [head, body] = this.#written.split('\r\n\r\n')
        this.#written = undefined
        const setCookie = [...head.matchAll(/^set-cookie: (.*)$/gim)].map((match) => match[1])
        resolve({ statusCode: Number(head.split(' ', 2)[1]), setCookie, body })
      })
    })
  }
}

/** As many as the load generator has: turns of the event loop are shared by that many requests. */
const connectionCount = 16

/** Clients that all ask for `/` at once, again and again. */
export class Clients {
  #connections = Array.from({ length: connectionCount }, () => new Connection())
  #listener

  constructor(listener) {
    this.#listener = listener
  }

  /** See {@link Connection#ask}. */
  ask(url, cookie) {
    return this.#connections[0].ask(this.#listener, url, cookie)
  }

  /**
   * @param {number} requests How many; a multiple of 16.
   * @param {(n: number) => string} cookieOf The `Cookie` header of a request.
   */
  askOften(requests, cookieOf) {
    let begun = 0
    let open = 0
    return new Promise((resolve) => {
      const onFinish = () => {
        if (--open > 0) return
        if (begun >= requests) resolve()
        else setImmediate(askAll)
      }
      const askAll = () => {
        open = connectionCount
        for (const connection of this.#connections) {
          connection.request(this.#listener, '/', cookieOf(begun++), onFinish)
        }
      }
      askAll()
    })
  }
}

const rawHeaders = ['Host', '127.0.0.1:3000', ...Object.entries(headers).flat()]

/** The `Cookie` header of a client that has this cookie, or none, of the session's. */
export function cookieHeader(cookie) {
  return cookie ? `${otherCookies}; ${cookie}` : otherCookies
}
