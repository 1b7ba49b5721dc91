// The first line that is swapped, in an application whose sessions have members that are required.
import type { RequestHandler } from 'express'
import session from 'express-session-native'
import original = require('express-session')

declare class TheirStore extends original.Store {
  get(sid: string, callback: (err: any, session?: original.SessionData | null) => void): void
  set(sid: string, data: original.SessionData, callback?: (err?: any) => void): void
  destroy(sid: string, callback?: (err?: any) => void): void
}

// As @types/connect-pg-simple has it.
declare function connect(
  connected: (options?: original.SessionOptions) => RequestHandler
): new () => TheirStore

const ConnectedStore = connect(session)
session({ secret: 'secret', store: new ConnectedStore() })

declare module 'express-session-native' {
  interface SessionData {
    user: string
    visits: number
  }
}

declare module 'express-session' {
  interface SessionData {
    theirs: string
  }
}

// A store whose base class has no types, as its package relies on types that are not installed.
declare class UntypedStore {
  get(sid: string, callback?: (error?: unknown, data?: any) => any): Promise<any>
  set(sid: string, data: any, callback?: (error?: unknown, data?: any) => any): Promise<any>
  destroy(sid: string, callback?: (error?: unknown, data?: any) => any): Promise<any>
}

session({ secret: 'secret', store: new UntypedStore() })

// @ts-expect-error -- a store has to save sessions
session({ secret: 'secret', store: { get() {}, destroy() {} } })
