import session = require('express-session')
import './session-data'

/** A store as the packages of stores write them, with plain objects for what is kept. */
export class MapStore extends session.Store {
  private readonly rows = new Map<string, { json: string; expires: number }>()

  constructor(private readonly ttl = 60_000) {
    super()
    this.emit('connect')
  }

  override get(
    sid: string,
    callback: (err: unknown, session?: session.SessionData | null) => void
  ): void {
    const row = this.rows.get(sid)

    callback(null, row ? (JSON.parse(row.json) as session.SessionData) : null)
  }

  override set(sid: string, data: session.SessionData, callback?: (err?: unknown) => void): void {
    const expires = Date.now() + (data.cookie.originalMaxAge ?? this.ttl)

    this.rows.set(sid, { json: JSON.stringify(data), expires })
    callback?.()
  }

  override destroy(sid: string, callback?: (err?: unknown) => void): void {
    this.rows.delete(sid)
    callback?.()
  }

  override touch(sid: string, data: session.SessionData, callback?: () => void): void {
    const row = this.rows.get(sid)

    if (row) row.expires = (data.cookie.expires ?? new Date()).valueOf()
    callback?.()
  }

  override all(
    callback: (err: unknown, obj?: { [sid: string]: session.SessionData } | null) => void
  ): void {
    const all: Record<string, session.SessionData> = {}

    for (const [sid, row] of this.rows) all[sid] = JSON.parse(row.json) as session.SessionData
    callback(null, all)
  }
}

/** A store that only has what is required. */
class NoStore extends session.Store {
  override get = (_sid: string, callback: (err: any, session?: null) => void) => callback(null)
  override set = (_sid: string, _data: session.SessionData, callback?: () => void) => callback?.()
  override destroy = (_sid: string, callback?: () => void) => callback?.()
}

class LoudStore extends session.MemoryStore {
  override destroy(sid: string, callback?: (err?: any) => void): void {
    this.emit('gone', sid)
    super.destroy(sid, callback)
  }
}

const data: session.SessionData = {
  cookie: { originalMaxAge: 1000, path: '/' },
  user: { id: 1, name: 'Ann' },
  views: {}
}
const cookie: session.Cookie = { originalMaxAge: null, httpOnly: true }
const made = new session.Cookie()

made.maxAge = 1000
data.cookie = cookie
data.cookie = made

for (const store of [new MapStore(), new NoStore(), new LoudStore()] satisfies session.Store[]) {
  store.set('sid', data)
  store.load('sid', (error: unknown, loaded) => error ?? loaded?.user.name)
  session({ secret: 'secret', store })
}

/** What packages of stores take as their argument. */
export function connect(connected: typeof session): new () => session.Store {
  return class extends connected.MemoryStore {}
}

connect(session)
