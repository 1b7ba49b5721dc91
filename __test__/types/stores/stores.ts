// Stores whose types are those of DefinitelyTyped, for this package under its own name.
import session from 'express-session-native'
import original = require('express-session')

declare class TheirStore extends original.Store {
  get(sid: string, callback: (err: any, session?: original.SessionData | null) => void): void
  set(sid: string, data: original.SessionData, callback?: (err?: any) => void): void
  destroy(sid: string, callback?: (err?: any) => void): void
}

declare function connect(connected: typeof original): new () => TheirStore

const ConnectedStore = connect(session)

session({ secret: 'secret', store: new ConnectedStore() })

export const theirs: typeof original = session
