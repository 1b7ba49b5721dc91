'use strict'

const debug = require('debug')('express-session')
const onHeaders = require('on-headers')

// An application's fake timers must not hold back responses.
const defer = setImmediate

/**
 * Hooks the two moments of a response that matter to a session: just before its headers are written
 * and when it ends. Only this one response is hooked, never a prototype.
 *
 * @param {object} res Anything with or without an `end`; some callers pass `{}`.
 * @param {(isUndisturbed: boolean) => void} beforeHeaders Called once; undisturbed if no code but ours
 *   has run since `commit`.
 * @param {() => true | undefined | ((done: () => void) => void)} commit Called once, at the end. It
 *   returns undefined when there was nothing to do, true when something was done at once, or a
 *   function that starts something and calls `done` when that has been done.
 */
function hookResponse(res, beforeHeaders, commit) {
  let headersDone = false
  const beforeHeadersOnce = () => {
    if (headersDone) return
    headersDone = true
    beforeHeaders(ending.isUndisturbed)
  }
  onHeaders(res, beforeHeadersOnce)

  const ending = new Ending(res, beforeHeadersOnce)
  // Two parameters, as before; the third one, Node's own callback, is read from the arguments.
  res.end = function end(chunk, encoding) {
    if (typeof chunk === 'function') return ending.end(commit, undefined, undefined, chunk)
    if (typeof encoding === 'function') return ending.end(commit, chunk, undefined, encoding)
    return ending.end(commit, chunk, encoding, arguments[2])
  }
}

class Ending {
  /** Whether the headers are being written by the end of the response, past nobody else. */
  isUndisturbed = false
  #res
  #writeHead
  #end
  #write
  #beforeHeaders
  #called = false
  #ended = false
  /** Callbacks given to `end` when it was called again before the response had ended. */
  #waiting = []

  constructor(res, beforeHeaders) {
    this.#res = res
    this.#writeHead = res.writeHead
    this.#end = res.end
    this.#write = res.write
    this.#beforeHeaders = beforeHeaders
  }

  end(commit, chunk, encoding, callback) {
    if (this.#called) return this.#endAgain(callback)
    this.#called = true

    const work = commit()
    if (typeof work === 'function') return this.#endAfter(work, chunk, encoding, callback)
    if (work) {
      this.isUndisturbed = this.#res.writeHead === this.#writeHead
      this.#writeHeadersOrEndLater([chunk, encoding], callback)
      this.isUndisturbed = false
    } else if (!hasImplicitHeader(this.#res)) {
      this.#announceHeaders()
    }
    const args = [chunk, encoding]
    if (work && chunk === '' && typeof this.#write === 'function') {
      // Node encodes the headers like the text that they are written with, and writes no empty text at
      // the end: written on its own, it has non-ASCII headers go out as they do with other stores.
      this.#write.apply(this.#res, args.splice(0))
    }
    const returned = this.#finish(args, callback)
    return work ? true : returned
  }

  /**
   * What others do just before the headers are written may fail. The caller learns of it, but its error
   * handler cannot end a response that has been ended: that is done for it, as soon as it has seen the
   * error, like with a store that answers later.
   */
  #writeHeadersOrEndLater(args, callback) {
    try {
      this.#writeHeaders()
    } catch (error) {
      defer(() => this.#finish(args, callback))
      throw error
    }
  }

  /** A response ends once, but whoever waits for its end learns of it all the same. */
  #endAgain(callback) {
    if (typeof callback === 'function') {
      // An end that has failed may not be tried again.
      if (this.#ended && this.#res.writableEnded !== false) this.#end.call(this.#res, callback)
      else this.#waiting.push(callback)
    }
    return false
  }

  /**
   * Sends what can be sent while the store is at work, and the rest when it is done. What is left to
   * send is at least the mark of the response's end: its last byte if the length is known.
   */
  #endAfter(work, chunk, encoding, callback) {
    let rest = [chunk, encoding]
    let returned
    work(() => {
      if (!this.#ended) returned = this.#finish(rest, callback)
    })
    // A store that answers at once leaves nothing to be done meanwhile.
    if (this.#ended) return returned

    this.#writeHeaders()
    if (chunk == null || typeof this.#write !== 'function') return true

    if (Number(this.#res.getHeader('Content-Length')) > 0) {
      chunk = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding)
      encoding = undefined
      if (chunk.length > 0) {
        debug('split response')
        rest = [chunk.subarray(-1), undefined]
        return this.#write.call(this.#res, chunk.subarray(0, -1))
      }
    }
    rest = []
    return this.#write.call(this.#res, chunk, encoding)
  }

  #finish(args, callback) {
    this.#ended = true
    // Some callers pass `{}` for a response: there is nothing to send then.
    if (typeof this.#end !== 'function') {
      if (typeof callback === 'function') process.nextTick(callback)
      return undefined
    }
    if (typeof callback === 'function') args.push(callback)
    const returned = this.#end.apply(this.#res, args)
    for (const waiting of this.#waiting) this.#end.call(this.#res, waiting)
    return returned
  }

  /** Has the headers written, if they have not been. */
  #writeHeaders() {
    if (this.#res._header) return
    if (hasImplicitHeader(this.#res)) this.#res._implicitHeader()
    else this.#announceHeaders()
  }

  /**
   * HTTP/2 responses and others without `_implicitHeader` write their headers past `writeHead`, so
   * those who wait for that moment have to be told of it.
   */
  #announceHeaders() {
    const { headersSent, setHeader } = this.#res
    if (!headersSent && typeof setHeader === 'function') this.#beforeHeaders()
  }
}

function hasImplicitHeader(res) {
  return typeof res._implicitHeader === 'function'
}

module.exports = { hookResponse }
