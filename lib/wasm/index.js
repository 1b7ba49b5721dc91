'use strict'

const { codedError } = require('../errors')
const { Instance, MOST_UNITS } = require('./instance')

/**
 * The engine as WebAssembly, for places where no native library can be loaded. It has the native
 * library's functions, which `binding.d.ts` describes, except for what needs threads.
 *
 * A trap, which is a bug, ends the instance it happens in, and not the process: its stores report
 * `ERR_SESSION_ENGINE` from then on, and everything else moves to a new instance.
 */

/** The memory of an instance is limited to 2 GiB, and stores are not alone in it. */
const MOST_BYTES = 2 ** 30

const NONE = -1
const NO_ID = -2
const ON_FULL = ['evict', 'spare', 'reject']
const STATS = [
  'sessions',
  'bytes',
  'hits',
  'misses',
  'expirations',
  'evictions',
  'refusals',
  'droppedSaves',
  'queuedEvents',
  'queuedBytes',
  'droppedEvents'
]

/** The instance for everything new. */
let current

function instance() {
  if (current === undefined || current.isBroken) current = new Instance()
  return current
}

/** Frees what JavaScript has dropped. */
const dropped = new FinalizationRegistry(({ wasm, number }) => {
  if (!wasm.isBroken) wasm.calls.release(number)
})

/** What an instance keeps: a store, a reader, an iteration. */
class Handle {
  constructor(wasm, number) {
    this.wasm = wasm
    this.number = number
    dropped.register(this, { wasm, number })
  }
}

/** The handle's instance. */
function wasmOf({ wasm }) {
  if (!wasm.isBroken) return wasm
  throw codedError('ERR_SESSION_ENGINE', 'the session store was lost when its engine failed')
}

/** Secrets, which are prepared again if their instance has failed. */
class Keyring {
  #secrets
  #handle

  constructor(secrets) {
    this.#secrets = secrets
  }

  /** Its number in an instance. */
  in(wasm) {
    if (this.#handle?.wasm !== wasm) this.#handle = new Handle(wasm, this.#prepare(wasm))
    return this.#handle.number
  }

  #prepare(wasm) {
    wasm.begin(this.#secrets.reduce((sum, secret) => sum + secret.length, 0))
    const numbers = wasm.results()
    let at = 0
    this.#secrets.forEach((secret, index) => {
      wasm.writeBytes(secret, at)
      at += secret.length
      numbers[index] = secret.length
    })
    return wasm.calls.create_keyring(this.#secrets.length)
  }
}

function write1(wasm, text) {
  wasm.begin(text.length)
  return wasm.write(text, 0)
}

function textOrNull(wasm, status) {
  return wasm.check(status) === NONE ? null : wasm.text()
}

/** A session id, or a `NoId`. */
function idOf(wasm, status) {
  return wasm.check(status) >= 0 ? wasm.text() : NO_ID - status
}

function readCookie(keyring, header, name) {
  const wasm = instance()
  const number = keyring.in(wasm)
  wasm.begin(header.length + name.length)
  const length = wasm.write(header, 0)
  const nameLength = wasm.write(name, length)
  return idOf(wasm, wasm.calls.read_cookie(number, length, nameLength))
}

/** The last buffer that numbers were written to, as numbers. */
let buffer
let target

function answer(wasm, into, count) {
  if (into !== buffer) {
    buffer = into
    target = new Float64Array(into)
  }
  const numbers = wasm.results()
  for (let n = 0; n < count; n++) target[n] = numbers[n]
}

const NO_NAMES =
  'the option "name" of MemoryStore needs the native library, which could not be loaded here; ' +
  'see "Platforms" in the README'

const functions = {
  createKeyring: (secrets) => new Keyring(secrets),
  readCookie,
  readWideCookie: readCookie,

  verifyValue(keyring, value) {
    const wasm = instance()
    const number = keyring.in(wasm)
    return idOf(wasm, wasm.calls.verify_value(number, write1(wasm, value)))
  },

  signValue(keyring, id) {
    const wasm = instance()
    const number = keyring.in(wasm)
    return textOrNull(wasm, wasm.calls.sign_value(number, write1(wasm, id)))
  },

  serializeCookie(name, value, encoded, flags, expires, path, domain, sameSite, priority, maxAge) {
    const wasm = instance()
    const texts = [name, value, expires, path, domain, sameSite, priority]
    wasm.begin(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0))
    let at = 0
    const lengths = texts.map((text) => {
      if (text == null) return -1
      const length = wasm.write(text, at)
      at += length
      return length
    })
    const [nameLength, valueLength, ...others] = lengths
    /* prettier-ignore */
    const status = wasm.calls.serialize_cookie(
      nameLength, valueLength, encoded ? 1 : 0, flags, ...others, maxAge ?? 0, maxAge == null ? 0 : 1
    )
    return textOrNull(wasm, status)
  },

  generateIds(count) {
    const wasm = instance()
    return textOrNull(wasm, wasm.calls.generate_ids(count))
  },

  lifecycle() {
    const wasm = instance()
    const lines = textOrNull(wasm, wasm.calls.lifecycle()).split('\n')
    const table = lines.pop().trim().split(' ')
    const found = { facts: {}, atHeaders: {}, atEnd: {}, table: Uint8Array.from(table, Number) }
    for (const [kind, name, number] of lines.map((line) => line.split(' '))) {
      found[kind][name] = Number(number)
    }
    return found
  },

  openMemoryStore(name, options) {
    if (name != null) throw codedError('ERR_SESSION_ENGINE', NO_NAMES)
    const wasm = instance()
    const { maxSessions = NaN, maxBytes = Infinity, onFull = 'evict', ttl = NaN } = options ?? {}
    const most = Math.min(maxBytes, MOST_BYTES)
    const drops = options?.dropLateSaves ? 1 : 0
    const kind = ON_FULL.indexOf(onFull)
    const number = wasm.calls.open_memory_store(maxSessions, most, kind, ttl, drops)
    const store = new Handle(wasm, number)
    store.isBounded = !Number.isNaN(maxSessions) || maxBytes !== Infinity
    return store
  },

  memoryOptions(store) {
    const bits = wasmOf(store).calls.memory_options(store.number)
    return {
      isBounded: store.isBounded,
      hasTtl: (bits & 2) !== 0,
      dropsLateSaves: (bits & 4) !== 0,
      number: store.number
    }
  },

  createMemoryReader(store, keyring, name) {
    const wasm = wasmOf(store)
    const number = keyring.in(wasm)
    const length = write1(wasm, name)
    const reader = wasm.check(wasm.calls.create_memory_reader(store.number, number, length))
    return new Handle(wasm, reader)
  },

  memoryOpen(reader, header, now, numbers) {
    const wasm = wasmOf(reader)
    const status = wasm.calls.memory_open(reader.number, write1(wasm, header), now)
    if (wasm.check(status) < 0) return NO_ID - status
    const texts = wasm.texts(status)
    answer(wasm, numbers, 3)
    target[3] = texts[0].length
    return texts.length === 1 ? texts[0] : texts[0] + texts[1]
  },

  memoryRead(store, id, now, numbers) {
    const wasm = wasmOf(store)
    const status = wasm.calls.memory_read(store.number, write1(wasm, id), now)
    const text = textOrNull(wasm, status)
    answer(wasm, numbers, 3)
    return text
  },

  memoryText(store, id, now, isUse) {
    const wasm = wasmOf(store)
    const length = write1(wasm, id)
    return textOrNull(wasm, wasm.calls.memory_text(store.number, length, now, isUse ? 1 : 0))
  },

  memoryHas(store, id, now) {
    const wasm = wasmOf(store)
    return wasm.check(wasm.calls.memory_has(store.number, write1(wasm, id), now)) === 1
  },

  memoryIntern(store, text) {
    const wasm = wasmOf(store)
    return wasm.check(wasm.calls.memory_intern(store.number, write1(wasm, text)))
  },

  memoryAttributes(store, attributes) {
    const wasm = wasmOf(store)
    return textOrNull(wasm, wasm.calls.memory_attributes(store.number, attributes))
  },

  memorySet: (store, id, text, ...others) => save(store, id, text, others, 0, 0, 0),

  memorySetAgain(store, id, text, attributes, maxAge, expires, ttl, kind, now, until, seen) {
    return save(store, id, text, [attributes, maxAge, expires, ttl, kind, now], 1, until, seen)
  },

  memoryExpires(store, id, now) {
    const wasm = wasmOf(store)
    wasm.check(wasm.calls.memory_expires(store.number, write1(wasm, id), now))
    return wasm.results()[0]
  },

  memoryTick(store) {
    const wasm = wasmOf(store)
    wasm.check(wasm.calls.memory_tick(store.number))
    return wasm.results()[0]
  },

  memoryTouch(store, id, attributes, maxAge, expires, ttl, now) {
    const wasm = wasmOf(store)
    const length = write1(wasm, id)
    const { memory_touch: touch } = wasm.calls
    return wasm.check(touch(store.number, length, attributes, maxAge, expires, ttl, now))
  },

  memoryDestroy(store, id, now) {
    const wasm = wasmOf(store)
    wasm.check(wasm.calls.memory_destroy(store.number, write1(wasm, id), now))
  },

  memoryAll(store, now) {
    const wasm = wasmOf(store)
    const ids = wasm.texts(wasm.check(wasm.calls.memory_ids(store.number, now)))
    // One by one: there may not be room for the texts of all of them at once.
    return ids.flatMap((id) => {
      const length = write1(wasm, id)
      return [id, textOrNull(wasm, wasm.calls.memory_text(store.number, length, now, 0))]
    })
  },

  memoryLength(store, now) {
    const wasm = wasmOf(store)
    return wasm.check(wasm.calls.memory_length(store.number, now))
  },

  memoryClear(store) {
    const wasm = wasmOf(store)
    wasm.check(wasm.calls.memory_clear(store.number))
  },

  createMemoryPages() {
    const wasm = instance()
    return new Handle(wasm, wasm.calls.create_memory_pages())
  },

  memoryPage(store, pages, most, now, texts) {
    const wasm = wasmOf(store)
    const { memory_page: page } = wasm.calls
    return wasm.texts(wasm.check(page(store.number, pages.number, most, now, texts ? 1 : 0)))
  },

  memoryStats(store, now) {
    const wasm = wasmOf(store)
    wasm.check(wasm.calls.memory_stats(store.number, now))
    const numbers = wasm.results()
    const stats = Object.fromEntries(STATS.map((name, index) => [name, numbers[index]]))
    return { ...stats, sweeps: 0, lastSweep: 0, longestSweep: 0 }
  },

  memoryClose(store) {
    if (!store.wasm.isBroken) store.wasm.calls.memory_close(store.number)
  },

  memoryListen(store, wanted) {
    wasmOf(store).calls.memory_listen(store.number, wanted)
  },

  memoryEvents(store, most, numbers, now) {
    const wasm = wasmOf(store)
    const texts = wasm.texts(wasm.check(wasm.calls.memory_events(store.number, most, now)))
    answer(wasm, numbers, 3 * most + 2)
    return texts
  }
}

function save(store, id, text, numbers, isKnown, until, seen) {
  const [attributes, maxAge, expires, ttl, sessionClass, now] = numbers
  const wasm = wasmOf(store)
  if (id.length + text.length > MOST_UNITS) return exports.Saved.TooManyBytes
  wasm.begin(id.length + text.length)
  const length = wasm.write(id, 0)
  const textLength = wasm.write(text, length)
  const { memory_set: set } = wasm.calls
  /* prettier-ignore */
  return wasm.check(set(
    store.number, length, textLength, attributes, maxAge, expires, ttl, sessionClass, now,
    isKnown, until, seen
  ))
}

/** So many arguments take more of the stack than any call into WebAssembly does. */
const HEADROOM = Array(1024).fill(0)
const { apply } = Reflect
const nothing = () => {}

/**
 * Finds out whether an error is a trap. If the stack overflowed in WebAssembly, its state would be lost. So this
 * makes sure that there is room, which is an ordinary `RangeError` otherwise.
 */
function guarded(operation) {
  return (a, b, c, d, e, f, g, h, i, j, k) => {
    apply(nothing, undefined, HEADROOM)
    try {
      return operation(a, b, c, d, e, f, g, h, i, j, k)
    } catch (error) {
      throw failureOf(error)
    }
  }
}

function failureOf(error) {
  if (current === undefined || current.isBroken || !current.isInterrupted()) return error
  current.isBroken = true
  const message = 'the session engine has failed, and the sessions in its memory are lost'
  return codedError('ERR_SESSION_ENGINE', message, { cause: error })
}

for (const [name, operation] of Object.entries(functions)) exports[name] = guarded(operation)

exports.isWasm = true
exports.CookieFlag = { HttpOnly: 1, Secure: 2, Partitioned: 4 }
exports.NoId = { Absent: 0, Unsigned: 1, Invalid: 2 }
exports.Saved = { Done: 0, TooManySessions: 1, TooManyBytes: 2, Dropped: 3 }
exports.Touched = { Absent: 0, Done: 1, Whole: 2 }
