'use strict'

/** Takes HTTP/1.1 responses out of what a socket receives, in the order in which they come. */
class ResponseReader {
  #text = ''

  /** @param {Buffer} chunk */
  add(chunk) {
    this.#text += chunk.toString('latin1')
  }

  /** Whether a response has begun that is not complete. */
  get isWithin() {
    return this.#text !== ''
  }

  /** @returns {{ status: number, head: string, body: string } | undefined} The next complete one. */
  next() {
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd === -1) return undefined
    const head = this.#text.slice(0, headEnd)
    const body = bodyAt(this.#text, headEnd + 4, head)
    if (!body) return undefined
    this.#text = this.#text.slice(body.end)
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? []
    if (!status) throw new Error(`this is no response: ${JSON.stringify(head)}`)
    return { status: Number(status), head, body: body.text }
  }
}

function bodyAt(text, start, head) {
  if (/\r\nTransfer-Encoding: chunked/i.test(head)) return chunksAt(text, start)
  const length = Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0)
  const end = start + length
  return text.length < end ? undefined : { text: text.slice(start, end), end }
}

function chunksAt(text, start) {
  let body = ''
  for (let place = start; ;) {
    const lineEnd = text.indexOf('\r\n', place)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(text.slice(place, lineEnd), 16)
    const end = lineEnd + 2 + size + 2
    if (text.length < end) return undefined
    if (size === 0) return { text: body, end }
    body += text.slice(lineEnd + 2, end - 2)
    place = end
  }
}

module.exports = { ResponseReader }
