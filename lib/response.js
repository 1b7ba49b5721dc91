'use strict'

const debug = require('debug')('express-session')
const onHeaders = require('on-headers')

// Captured when the module loads: an application's fake timers must not delay responses.
const defer = setImmediate

/**
 * Hooks the two moments of a response that matter to a session: just before its headers are written, and when
 * it ends. Only this response is hooked, never a prototype.
 *
 * Subclasses implement:
 *
 * - `beforeHeaders(isUndisturbed)`, called once. Undisturbed: only our own code has run since `commit`.
 * - `commit()`, called once, at the end. It returns undefined if there was nothing to do, true if something
 *   was done synchronously, or a function that starts something and takes a callback for when it is done.
 */
class HookedResponse {
  #res
  #writeHead
  #end
  #write
  #headersDone = false
  /** Whether `end` is writing the headers, without running other code. */
  #isUndisturbed = false
  #called = false
  #ended = false
  /** Callbacks of further calls of `end` before the response has ended. */
  #waiting

  /** @param {object} res Anything with or without an `end`; some callers pass `{}`. */
  constructor(res) {
    this.#res = res
  }

  /** Call this once, when there will be a session. */
  hook() {
    const res = this.#res
    if (!res) throw new TypeError('argument res is required')
    res.writeHead = this.#writeHead = this.#announcing(res.writeHead)
    this.#end = res.end
    this.#write = res.write
    const hooked = this
    // It has two parameters, as in express-session. The third one, Node's callback, is in the arguments.
    const end = function end(chunk, encoding) {
      if (typeof chunk === 'function') return hooked.#onEnd(undefined, undefined, chunk)
      if (typeof encoding === 'function') return hooked.#onEnd(chunk, undefined, encoding)
      return hooked.#onEnd(chunk, encoding, arguments[2])
    }
    // Assigned separately: V8 takes a function literal in an assignment for a long-lived method and allocates
    // it in the old generation, where it keeps the whole request alive until the next full collection.
    res.end = end
  }

  /**
   * Wraps `writeHead` as the package on-headers does. That package sorts out arguments, but Node itself only
   * passes the status code, so this is the fast path.
   */
  #announcing(original) {
    const hooked = this
    let general
    return function writeHead(statusCode) {
      if (arguments.length === 1 && general === undefined) {
        this.statusCode = statusCode
        if (hooked.#headersDone) return original.call(this, statusCode)
        hooked.#beforeHeadersOnce()
        // The hook may have changed it.
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
   * The work is done, and the response goes out in one write. Other hooks before the headers may throw, and
   * so may writing the body. The caller gets the error, but its error handler cannot end a response that
   * counts as ended, so this does it after the handler has run.
   */
  #endAtOnce(chunk, encoding, callback) {
    const res = this.#res
    this.#isUndisturbed = res.writeHead === this.#writeHead
    // Then a part of the body may have been written, too.
    const hadHeaders = Boolean(res._header)
    let canFinish = true
    try {
      this.#writeHeaders()
      this.#isUndisturbed = false
      canFinish = false
      // Node encodes headers like the text that is written with them. With other stores, the text would have
      // been written separately, so it must be here, too.
      if (typeof chunk === 'string' && isNotAscii(res)) {
        return this.#finishApart(callback, chunk, encoding)
      }
      this.#finish(callback, chunk, encoding)
      return true
    } catch (error) {
      this.#isUndisturbed = false
      defer(() => {
        if (canFinish) this.#finish(callback, chunk, encoding)
        else if (res.writableEnded === false) this.#endWithoutBody(hadHeaders, error)
      })
      throw error
    }
  }

  /** Ends the response after its body could not be written. Half a body must not look complete. */
  #endWithoutBody(hadHeaders, error) {
    const res = this.#res
    // Node checks the type of the body before it writes anything.
    const isComplete = !hadHeaders && error?.code === 'ERR_INVALID_ARG_TYPE'
    try {
      if (isComplete) this.#end.call(res)
      else res.destroy?.()
    } catch {
      res.destroy?.()
    }
  }

  /** A response ends once, but the callbacks of all calls of `end` are called. */
  #endAgain(callback) {
    if (typeof callback === 'function') {
      if (this.#ended) this.#callAtEnd(callback)
      else (this.#waiting ??= []).push(callback)
    }
    return false
  }

  /**
   * Node's `end` accepts callbacks even after the response has ended. If it has not ended, `end` must not be
   * called: it may have failed and must not be tried again, or others, such as compression, may still be
   * working.
   */
  #callAtEnd(callback) {
    const res = this.#res
    if (typeof this.#end !== 'function') process.nextTick(callback)
    else if (res.writableEnded !== false) this.#end.call(res, callback)
    else if (typeof res.once === 'function') res.once('finish', callback)
  }

  /**
   * Sends as much as possible while the store works, and the rest afterwards. The client must not see the end
   * of the response before that, so its last byte is held back if the length is known.
   */
  #endAfter(work, chunk, encoding, callback) {
    let rest = [chunk, encoding]
    let returned
    work(() => {
      if (!this.#ended) returned = this.#finish(callback, ...rest)
    })
    // The store has answered synchronously.
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

  /** Calls the response's own `end` with the rest of the body. */
  #finish(callback, ...args) {
    this.#ended = true
    try {
      // Some callers pass `{}` as the response. Then there is nothing to send.
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

  /** Writes the headers, unless that has been done. */
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

/** Wraps `writeHead` with on-headers, for all other arguments: status message, lists and objects. */
function announcedInGeneral(writeHead, listener) {
  const carrier = { writeHead }
  onHeaders(carrier, listener)
  return carrier.writeHead
}

/** Whether there are unsent headers that are not ASCII, whose bytes depend on the encoding. */
function isNotAscii({ _header: header, _headerSent: isSent }) {
  // Only ASCII has as many bytes as characters. Counting bytes is faster than a regular expression.
  return !isSent && typeof header === 'string' && Buffer.byteLength(header) !== header.length
}

function hasImplicitHeader(res) {
  return typeof res._implicitHeader === 'function'
}

module.exports = { HookedResponse }
