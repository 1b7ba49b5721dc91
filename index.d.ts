// @ts-ignore: without @types/express, these types are `any`.
import express = require('express')
import { CipherKey } from 'crypto'
import { EventEmitter } from 'events'

declare global {
  namespace Express {
    /** A store as requests see it: the middleware has given it its `generate` method. */
    type SessionStore = session.Store & { generate: (req: Request) => void }

    interface Request {
      /**
       * The session of this request. It exists once the middleware has run, and not after it was
       * destroyed, nor on paths outside the cookie's `path`, nor while the store is disconnected.
       *
       * Give it the fields of your application by extending `SessionData`.
       */
      session: session.Session & Partial<session.SessionData>

      /** The ID of the session: the one the client sent when its signature holds, else a new one. */
      sessionID: string

      /** The store that the middleware keeps its sessions in. */
      sessionStore: SessionStore
    }
  }
}

export = session

/**
 * Makes the session middleware. Each call that is given no `store` makes a `MemoryStore` of its
 * own, in which sessions last as long as the process.
 *
 * @throws {TypeError} when `genid` is not a function, when `unset` is neither `'keep'` nor
 * `'destroy'`, or when `secret` is an empty array. A request without any secret to use fails with
 * an error passed to `next`.
 */
declare function session(options?: session.SessionOptions): express.RequestHandler

declare namespace session {
  /** The options of the middleware. */
  interface SessionOptions {
    /**
     * What the session cookie is signed with. Of several secrets the first one signs, and all of
     * them are tried on what clients send: to change the secret, put the new one first and keep
     * the old one until the sessions signed with it have expired.
     *
     * It should be random, at least 32 bytes of it, and not be part of the source code. Without
     * this option `req.secret` is used, which cookie-parser sets; that is deprecated.
     */
    secret: CipherKey | CipherKey[]

    /**
     * Makes the ID of a new session. The default takes 24 bytes from the random generator of the
     * operating system and writes them as 32 URL-safe characters. IDs must be unique and must not
     * be guessable.
     */
    genid?(req: express.Request): string

    /**
     * The name of the session cookie, `connect.sid` by default. Browsers do not keep the cookies
     * of two ports of one host apart, so two applications on one host need different names.
     */
    name?: string | undefined

    /** The historic name of `name`, which has precedence over it. */
    key?: string | undefined

    /** Where sessions are kept. The default is a new `MemoryStore`. */
    store?: StoreLike | undefined

    /**
     * The attributes of the session cookie: either the same for all sessions, or a function that
     * is called with the request and gives those for a new session. The default is
     * `{ path: '/', httpOnly: true, secure: false, maxAge: null }`.
     */
    cookie?: AutoCookieOptions | ((req: express.Request) => AutoCookieOptions) | undefined

    /**
     * Sends the cookie with every response, so that `maxAge` counts from the last response rather
     * than from the last change. A new session that `saveUninitialized: false` keeps from being
     * saved gets no cookie either way. The default is `false`.
     */
    rolling?: boolean | undefined

    /**
     * Saves the session at the end of each request even when nothing in it has changed. With
     * `false`, which is what most applications want, requests in parallel overwrite less of each
     * other; the store should then have a `touch` method, or expire nothing by itself.
     *
     * The default is `true`, but relying on the default is deprecated.
     */
    resave?: boolean | undefined

    /**
     * Whether the `X-Forwarded-Proto` header tells if the connection is secure. `true`: the header
     * is believed. `false`: only a direct TLS connection is secure. When left out, Express decides
     * through its setting `trust proxy`.
     */
    proxy?: boolean | undefined

    /**
     * Saves a session that is new and that nothing was put into. With `false` such visitors get no
     * cookie and take no room in the store.
     *
     * The default is `true`, but relying on the default is deprecated.
     */
    saveUninitialized?: boolean | undefined

    /**
     * What happens to the stored session when `req.session` was deleted or set to `null`:
     * `'destroy'` removes it at the end of the request, `'keep'` leaves it as it was before the
     * request.
     *
     * @default 'keep'
     */
    unset?: 'destroy' | 'keep' | undefined
  }

  /**
   * The session of one request, found at `req.session`. Besides these members, it holds what the
   * application has put into it: anything that survives `JSON.stringify`.
   */
  class Session {
    private constructor(request: Express.Request, data: SessionData)

    /** The ID of this session, the same as `req.sessionID`. It cannot be changed. */
    id: string

    /** The cookie of this session. A change to it is about this visitor alone. */
    cookie: Cookie

    /**
     * Removes this session from the store and puts a new one, with a new ID, at `req.session`. Call
     * it when someone logs in, so that an ID known from before is worth nothing. The error given to
     * the callback is that of the store.
     */
    regenerate(callback: (err: any) => void): this

    /**
     * Removes this session from the store and from the request. The error given to the callback is
     * that of the store.
     */
    destroy(callback: (err: any) => void): this

    /**
     * Reads this session from the store again, into a new object at `req.session`. The callback
     * gets an error when the store fails or no longer has the session.
     */
    reload(callback: (err: any) => void): this

    /** Starts the cookie's `maxAge` over from `originalMaxAge`. */
    resetMaxAge(): this

    /**
     * Writes this session to the store now. At the end of a request that happens by itself; calling
     * it is for what cannot wait, such as a redirect whose target reads the session, or a
     * WebSocket. The error given to the callback is that of the store.
     */
    save(callback?: (err: any) => void): this

    /** Starts `maxAge` over. The middleware does so by itself for each request. */
    touch(): this
  }

  /**
   * What a session holds. Extend it with the fields of your application, in a declaration for the
   * module name that you import:
   *
   * ```ts
   * declare module 'express-session' {
   *   interface SessionData {
   *     user: string
   *   }
   * }
   * ```
   */
  interface SessionData {
    /** The cookie of the session, which stores keep along with the rest. */
    cookie: Cookie
  }

  /** The attributes of a session cookie. */
  interface CookieOptions {
    /**
     * How long the cookie lives, in milliseconds from when it is set. By default it has no end, and
     * browsers drop it when they close. Of `maxAge` and `expires`, the one that comes last in the
     * object counts.
     */
    maxAge?: number | undefined

    /**
     * Sets the `Partitioned` attribute: browsers then keep the cookie apart for each site that
     * embeds yours. The default is not to.
     */
    partitioned?: boolean | undefined

    /** The `Priority` attribute, by which some browsers choose what to drop first. Not set by default. */
    priority?: 'low' | 'medium' | 'high' | undefined

    /** Has no effect: session cookies are always signed. */
    signed?: boolean | undefined

    /**
     * When the cookie ends. By default it has no end.
     *
     * @deprecated Use `maxAge`, which is relative to each response.
     */
    expires?: Date | null | undefined

    /** Hides the cookie from the scripts of the page (`HttpOnly`). The default is `true`. */
    httpOnly?: boolean | undefined

    /**
     * The path that the cookie is sent for, `/` by default. The middleware passes over requests to
     * other paths.
     */
    path?: string | undefined

    /** The domain that the cookie is sent to. By default, only the host that set it. */
    domain?: string | undefined

    /**
     * Sends the cookie over HTTPS only (`Secure`): on a connection that is not secure, none is set.
     * Behind a proxy that ends TLS, see the option `proxy`. `'auto'` sets the attribute when the
     * connection on which the session begins is secure. The default is `false`.
     */
    secure?: boolean | 'auto' | undefined

    /** Has no effect: the value of a session cookie is always encoded with `encodeURIComponent`. */
    encode?: ((val: string) => string) | undefined

    /**
     * The `SameSite` attribute; `true` stands for `'strict'`, `false` leaves it out. It is left out
     * by default.
     */
    sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
  }

  /** The attributes of a session cookie, some of which can depend on the connection. */
  interface AutoCookieOptions extends Omit<CookieOptions, 'sameSite'> {
    /**
     * The `SameSite` attribute, as in `CookieOptions`. `'auto'` stands for `'none'` when the
     * connection on which the session begins is secure, and for `'lax'` when it is not.
     */
    sameSite?: CookieOptions['sameSite'] | 'auto'
  }

  /**
   * The cookie of a session.
   *
   * A cookie made by `new Cookie()` has all of these members. Those that are optional here are the
   * ones that a store may leave out of the plain object it gives back in place of a cookie.
   */
  interface Cookie extends CookieOptions {
    /** The `maxAge` to start over from, in milliseconds; `null` for a cookie without an end. */
    originalMaxAge: number | null

    /** The attributes and `originalMaxAge`, in a new plain object: what stores keep of a cookie. */
    readonly data?: CookieData

    /** Writes a `Set-Cookie` header value. Throws a TypeError when a part is not valid in one. */
    serialize?(name: string, val: string): string

    /** Gives `data`. */
    toJSON?(): CookieData
  }

  /** What stores keep of a cookie. `JSON.stringify` makes a string of `expires`. */
  interface CookieData extends Pick<
    CookieOptions,
    'partitioned' | 'priority' | 'expires' | 'secure' | 'httpOnly' | 'domain' | 'path' | 'sameSite'
  > {
    /** The `maxAge` to start over from, in milliseconds; `null` for a cookie without an end. */
    originalMaxAge: number | null
  }

  /** The class of session cookies. */
  const Cookie: {
    /**
     * @throws {TypeError} when `options` is not an object, or when its `maxAge` is neither a number
     * nor a Date.
     */
    new (options?: CookieOptions): Cookie & Required<Pick<Cookie, 'data' | 'serialize' | 'toJSON'>>
    readonly prototype: Cookie
  }

  /**
   * The base class of stores. A store has to have `get`, `set` and `destroy`; `touch` is
   * recommended. It can emit `'disconnect'`, after which requests go without a session, until it
   * emits `'connect'`.
   */
  abstract class Store extends EventEmitter {
    /** Destroys the session of the request and gives it a new one. */
    regenerate(req: express.Request, callback: (err?: any) => any): void

    /** Gets a session as an object that has the methods of `Session`, outside of any request. */
    load(sid: string, callback: (err: any, session?: SessionData) => any): void

    /** Makes the session object of a request out of what the store has kept. */
    createSession(req: express.Request, session: SessionData): Session & SessionData

    /**
     * Gets what was kept for a session ID; neither an error nor a session when there is nothing.
     * An error whose `code` is `'ENOENT'` also means that there is nothing.
     */
    abstract get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    /** Keeps a session, in place of any earlier one that has the ID. */
    abstract set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes a session. It is no error if there is none. */
    abstract destroy(sid: string, callback?: (err?: any) => void): void

    /** Gets all the sessions. */
    all?(
      callback: (err: any, obj?: SessionData[] | { [sid: string]: SessionData } | null) => void
    ): void

    /** Counts the sessions. */
    length?(callback: (err: any, length?: number) => void): void

    /** Removes all sessions. */
    clear?(callback?: (err?: any) => void): void

    /** Keeps a session that has not changed from expiring. */
    touch?(sid: string, session: SessionData, callback?: () => void): void
  }

  /**
   * What the middleware calls of a store. It takes stores of any package, whose types may be based on
   * those of express-session, on these, or on none. Stores also emit events, as `Store` does.
   */
  interface StoreLike {
    get(sid: string, callback: (err?: any, session?: any) => any): any
    set(sid: string, session: any, callback?: (err?: any) => any): any
    destroy(sid: string, callback?: (err?: any) => any): any
    touch?(sid: string, session: any, callback?: (err?: any) => any): any
  }

  /** The engine that was loaded: the native library, or WebAssembly; see "Platforms" in the README. */
  const engine: 'native' | 'wasm'

  /** Options of a `MemoryStore`. express-session's store has none. */
  interface MemoryStoreOptions {
    /**
     * The maximum number of sessions. At the maximum, a new session evicts others: first expired
     * ones, then those that only contain their cookie, then others, then those for which `protect`
     * returned true; within each of these, the least recently used.
     *
     * @default Infinity
     */
    maxSessions?: number | undefined

    /**
     * The maximum number of bytes, including overhead, as in `stats().bytes`. It may be exceeded
     * for a moment by the size of one session.
     *
     * @default Infinity
     */
    maxBytes?: number | undefined

    /**
     * What happens at `maxSessions` or `maxBytes`:
     *
     * - `'evict'`: others are evicted. The event `'evict'` is emitted for each.
     * - `'spare'`: the same, but protected sessions are never evicted. If evicting all others would
     *   not make enough room, none is evicted and the new session is refused.
     * - `'reject'`: a new session is refused.
     *
     * A refusal is an error with the code `'ERR_SESSION_STORE_FULL'` for the callback of `set`. A
     * session larger than `maxBytes` is always refused.
     *
     * @default 'evict'
     */
    onFull?: 'evict' | 'spare' | 'reject' | undefined

    /**
     * Returns whether a session is evicted last, for example because it has a user. Called on each
     * save. An error it throws, or a promise it returns, is an error with the code
     * `'ERR_SESSION_STORE_CALLBACK'` for the callback of `set`.
     */
    protect?: ((session: SessionData) => unknown) | undefined

    /**
     * How many milliseconds after its last save or touch a session ends whose cookie has no expiry:
     * a whole number, or a function that returns a non-negative number, or undefined if the session
     * does not expire. Errors of the function are those of `protect`.
     *
     * @default Infinity
     */
    ttl?: number | ((session: SessionData) => number | null | undefined) | undefined

    /**
     * What happens when an in-flight request saves a session that was destroyed in the meantime:
     *
     * - `'save'`: the session comes back, as in express-session.
     * - `'drop'`: it stays destroyed. The callback gets no error, and `stats().droppedSaves` counts
     *   it. Recommended.
     *
     * @default 'save'
     */
    lateSaves?: 'save' | 'drop' | undefined

    /**
     * Whether events carry the session's data.
     *
     * @default false
     */
    eventData?: boolean | undefined

    /**
     * Stores with the same name, in all threads of a process, are one store. The first one decides
     * on the options, except for functions and `eventData`; the others leave them out or repeat
     * them. The store is freed when the last of them is closed, or its thread ends.
     */
    name?: string | undefined
  }

  /** The contents and history of a `MemoryStore`. Times are in milliseconds. */
  interface MemoryStoreStats {
    /** The number of sessions, including expired ones that have not been freed yet. */
    sessions: number
    /** The bytes that the store takes, including overhead. */
    bytes: number
    /** How often a session was looked up and found. */
    hits: number
    /** How often a session was looked up and not found. */
    misses: number
    /** Sessions that were freed because they had expired. */
    expirations: number
    /** Sessions that were evicted because the store was full. */
    evictions: number
    /** Sessions that were refused because the store was full. */
    refusals: number
    /** Saves that were dropped because the session had been destroyed; see `lateSaves`. */
    droppedSaves: number
    /**
     * Events of this thread's listeners: how many are waiting to be emitted, about how many bytes
     * they take, and how many were dropped because more than 100 000, or 32 MiB, were waiting.
     */
    events: { queued: number; bytes: number; dropped: number }
    /** How often a background thread has freed expired sessions, and how long it took. */
    sweeps: { count: number; last: number; longest: number }
  }

  /** The details of a `MemoryStore`'s event. */
  interface MemoryStoreEvent {
    /** The session that was saved or removed, with `eventData: true`. */
    session?: SessionData | undefined
  }

  /** The details of a `MemoryStore`'s event `'evict'`. */
  interface MemoryStoreEviction extends MemoryStoreEvent {
    /** `'anonymous'` sessions only contain their cookie. */
    class: 'anonymous' | 'other' | 'protected'
    /** The limit that was reached. */
    reason: 'maxSessions' | 'maxBytes'
  }

  /** The details of a `MemoryStore`'s event `'overflow'`. */
  interface MemoryStoreOverflow {
    /** How many events were dropped since the last one. */
    dropped: number
  }

  /** The events of a `MemoryStore`, and what listeners are called with. */
  interface MemoryStoreEvents {
    /** A session was saved for the first time. */
    create: [sid: string, details: MemoryStoreEvent]
    /** It was saved again. */
    update: [sid: string, details: MemoryStoreEvent]
    /** It was destroyed. */
    destroy: [sid: string, details: MemoryStoreEvent]
    /** It was freed because it had expired. */
    expire: [sid: string, details: MemoryStoreEvent]
    /** It was evicted because the store was full. */
    evict: [sid: string, details: MemoryStoreEviction]
    /** The listeners were too slow, and events were dropped. */
    overflow: [details: MemoryStoreOverflow]
    /** The store is connected again; see `Store`. */
    connect: []
    /** The store has lost its connection. */
    disconnect: []
    /** Node's own event for listeners that are added. */
    newListener: [name: string | symbol, listener: (...args: any[]) => void]
    /** Node's own event for listeners that are removed. */
    removeListener: [name: string | symbol, listener: (...args: any[]) => void]
    /** Node's own event for errors. */
    error: [error: unknown]
  }

  /**
   * Keeps sessions in the memory of this process, outside of the JavaScript heap. Expired sessions
   * are freed even if they are never read again.
   *
   * Emits the events of `MemoryStoreEvents` in later turns of the event loop.
   */
  class MemoryStore extends Store {
    /**
     * @throws {TypeError} For an unknown option, or one of a wrong type or out of range. Classes that
     *   extend this one may pass options of their own.
     */
    constructor(options: MemoryStoreOptions)
    constructor()

    /** A view of the sessions: JSON by session ID. */
    sessions: { [sid: string]: string }

    /** Reads a session, unless it has expired. */
    get(sid: string, callback: (err: any, session?: SessionData | null) => void): void

    /** Saves a session. Throws what `JSON.stringify` throws. */
    set(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /** Removes a session. */
    destroy(sid: string, callback?: (err?: any) => void): void

    /** Reads all sessions that have not expired, by ID. If there are many, use `entries`. */
    all(callback: (err: any, obj?: { [sid: string]: SessionData } | null) => void): void

    /** Counts the sessions without reading them. */
    length(callback: (err: any, length?: number) => void): void

    /** Removes all the sessions. */
    clear(callback?: (err?: any) => void): void

    /** Stores the session's cookie, and with it its expiry. The stored data stay unchanged. */
    touch(sid: string, session: SessionData, callback?: (err?: any) => void): void

    /**
     * Iterates over all sessions in pages, while others come and go. Each session that exists from
     * the beginning to the end comes up once.
     */
    entries(options?: { pageSize?: number }): AsyncGenerator<[string, SessionData], void, void>

    /** Iterates over the IDs of all sessions, like `entries`. */
    ids(options?: { pageSize?: number }): AsyncGenerator<string, void, void>

    /** The store's contents and history. Cheap enough to call every second. */
    stats(): MemoryStoreStats

    /**
     * Closes the store: using it afterwards is an error. Its sessions are freed, unless another
     * store with the same name is open. Closing it again does nothing.
     */
    close(): Promise<void>
    close(callback: (err?: any) => void): void

    on<Name extends keyof MemoryStoreEvents>(
      name: Name,
      listener: (...args: MemoryStoreEvents[Name]) => void
    ): this
    once<Name extends keyof MemoryStoreEvents>(
      name: Name,
      listener: (...args: MemoryStoreEvents[Name]) => void
    ): this
    addListener<Name extends keyof MemoryStoreEvents>(
      name: Name,
      listener: (...args: MemoryStoreEvents[Name]) => void
    ): this
    off<Name extends keyof MemoryStoreEvents>(
      name: Name,
      listener: (...args: MemoryStoreEvents[Name]) => void
    ): this
  }
}
