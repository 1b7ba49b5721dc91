'use strict'

const debug = require('debug')('express-session')
const onHeaders = require('on-headers')

// An application's fake timers must not hold back responses.
const defer = setImmediate

/**
 * Hooks the two moments of a response that matter to a session: just before its headers are written,
 * and when it ends. Only this one response is hooked, never a prototype.
 *
 * Subclasses say what happens then:
 *
 * - `beforeHeaders(isUndisturbed)` is called once; undisturbed if no code but ours has run since
 *   `commit`.
 * - `commit()` is called once, at the end. It returns undefined if there was nothing to do, true if
 *   something was done at once, or a function that starts something and calls the callback that it is
 *   given when that is done.
 */
class HookedResponse {
  #res
  #writeHead
  #end
  #write
  #headersDone = false
  /** Whether the headers are being written by the end of the response, without passing other code. */
  #isUndisturbed = false
  #called = false
  #ended = false
  /** Callbacks that were given to `end` when it was called again before the response had ended. */
  #waiting

  /** @param {object} res Anything with or without an `end`; some callers pass `{}`. */
  constructor(res) {
    this.#res = res
  }

  /** To be called once, when it is clear that there will be a session. */
  hook() {
    const res = this.#res
    if (!res) throw new TypeError('argument res is required')
    res.writeHead = this.#writeHead = this.#announcing(res.writeHead)
    this.#end = res.end
    this.#write = res.write
    const hooked = this
    // It has two parameters, as before; the third, Node's own callback, is read from the arguments.
    const end = function end(chunk, encoding) {
      if (typeof chunk === 'function') return hooked.#onEnd(undefined, undefined, chunk)
      if (typeof encoding === 'function') return hooked.#onEnd(chunk, undefined, encoding)
      return hooked.#onEnd(chunk, encoding, arguments[2])
    }
    // Assigned separately: V8 takes a function that is written where it is assigned for a method that is
    // there to stay, and allocates it in the old generation. From there it keeps the whole request alive
    // until the next full collection.
    res.end = end
  }

  /**
   * What the package on-headers makes of a `writeHead`. Its work is to sort out arguments, but Node
   * itself passes nothing but the status code, so that comes first.
   */
  #announcing(original) {
    const hooked = this
    let general
    return function writeHead(statusCode) {
      if (arguments.length === 1 && general === undefined) {
        this.statusCode = statusCode
        if (hooked.#headersDone) return original.call(this, statusCode)
        hooked.#beforeHeadersOnce()
        // It may have been changed meanwhile.
        return original.call(this, typeof statusCode === 'number' ? this.statusCode : statusCode)
      }
      general ??= announcedInGeneral(original, () => hooked.#beforeHeadersOnce())
      return general.apply(this, arguments)
    }
  }

  #beforeHeadersOnce() {
    if (this.#headersDone) return
    this.#headersDone = true
    this.beforeHeaders(this.#isUndisturbed)
  }

  #onEnd(chunk, encoding, callback) {
    if (this.#called) return this.#endAgain(callback)
    this.#called = true

    const work = this.commit()
    if (typeof work === 'function') return this.#endAfter(work, chunk, encoding, callback)
    if (work) return this.#endAtOnce(chunk, encoding, callback)
    if (!hasImplicitHeader(this.#res)) this.#announceHeaders()
    return this.#finish(callback, chunk, encoding)
  }

  /**
   * The work is done, and the response goes out in one write. What others do before the headers are
   * written may fail, and so may writing the body. The caller learns of it, but its error handler cannot
   * end a response that has been ended, so that is done here as soon as the handler has seen the error.
   */
  #endAtOnce(chunk, encoding, callback) {
    const res = this.#res
    this.#isUndisturbed = res.writeHead === this.#writeHead
    let canFinish = true
    try {
      this.#writeHeaders()
      this.#isUndisturbed = false
      canFinish = false
      // Node encodes headers like the text that they are written with, so text that other stores would
      // have sent apart from them must not be sent together with them.
      if (typeof chunk === 'string' && isNotAscii(res)) {
        return this.#finishApart(callback, chunk, encoding)
      }
      this.#finish(callback, chunk, encoding)
      return true
    } catch (error) {
      this.#isUndisturbed = false
      defer(() => {
        if (canFinish) this.#finish(callback, chunk, encoding)
        else if (res.writableEnded === false) this.#end.call(res)
      })
      throw error
    }
  }

  /** A response ends once, but everybody who waits for its end learns of it. */
  #endAgain(callback) {
    if (typeof callback === 'function') {
      if (this.#ended) this.#callAtEnd(callback)
      else (this.#waiting ??= []).push(callback)
    }
    return false
  }

  /**
   * Node's own `end` takes callbacks, also of a response that has ended. It must not end one that has
   * not: an `end` that has failed may not be tried again, and others, such as compression, may still be
   * at work.
   */
  #callAtEnd(callback) {
    const res = this.#res
    if (typeof this.#end !== 'function') process.nextTick(callback)
    else if (res.writableEnded !== false) this.#end.call(res, callback)
    else if (typeof res.once === 'function') res.once('finish', callback)
  }

  /**
   * Sends what can be sent while the store is at work, and the rest when it is done. At least the mark of
   * the response's end is left to send: its last byte, if the length is known.
   */
  #endAfter(work, chunk, encoding, callback) {
    let rest = [chunk, encoding]
    let returned
    work(() => {
      if (!this.#ended) returned = this.#finish(callback, ...rest)
    })
    // The store has answered at once.
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

  /** Calls the response's own `end` with what is left to send. */
  #finish(callback, ...args) {
    this.#ended = true
    try {
      // Some callers pass `{}` for a response: there is nothing to send then.
      if (typeof this.#end === 'function') {
        if (typeof callback === 'function') args.push(callback)
        return this.#end.apply(this.#res, args)
      }
      if (typeof callback === 'function') this.#callAtEnd(callback)
      return undefined
    } finally {
      if (this.#waiting) for (const waiting of this.#waiting) this.#callAtEnd(waiting)
    }
  }

  #finishApart(callback, chunk, encoding) {
    if (Number(this.#res.getHeader('Content-Length')) > 0) {
      this.#finish(callback, Buffer.from(chunk, encoding))
    } else {
      this.#write.call(this.#res, chunk, encoding)
      this.#finish(callback)
    }
    return true
  }

  /** Has the headers written, unless they have been. */
  #writeHeaders() {
    if (this.#res._header) return
    if (hasImplicitHeader(this.#res)) this.#res._implicitHeader()
    else this.#announceHeaders()
  }

  /**
   * HTTP/2 responses and others without `_implicitHeader` write their headers without `writeHead`, so
   * `beforeHeaders` is called here.
   */
  #announceHeaders() {
    const { headersSent, setHeader } = this.#res
    if (!headersSent && typeof setHeader === 'function') this.#beforeHeadersOnce()
  }
}

/** A `writeHead` with the package's own treatment of arguments: status message, lists and objects. */
function announcedInGeneral(writeHead, listener) {
  const carrier = { writeHead }
  onHeaders(carrier, listener)
  return carrier.writeHead
}

/** Whether there are headers still to be sent that depend on how they are encoded. */
function isNotAscii({ _header: header, _headerSent: isSent }) {
  // Only ASCII has as many bytes as characters; counting them is quicker than a regular expression.
  return !isSent && typeof header === 'string' && Buffer.byteLength(header) !== header.length
}

function hasImplicitHeader(res) {
  return typeof res._implicitHeader === 'function'
}

module.exports = { HookedResponse }
