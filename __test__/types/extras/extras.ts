// What express-session has and these types declare beyond those of DefinitelyTyped.
import session, { Cookie, MemoryStore, type CookieData } from 'express-session'

session({ secret: 'secret', key: 'sid' })
session({ secret: 'secret', cookie: { sameSite: 'auto', secure: 'auto' } })
session({ secret: 'secret', cookie: () => ({ sameSite: 'auto', secure: 'auto' }) })
// @ts-expect-error: no such word
session({ secret: 'secret', cookie: () => ({ sameSite: 'automatic' }) })

const cookie = new Cookie({ maxAge: 1000, partitioned: true, priority: 'low' })
const header: string = cookie.serialize('connect.sid', 'value')
const data: CookieData = cookie.data
const json: CookieData = cookie.toJSON()

cookie.partitioned = false
cookie.priority = 'medium'
// @ts-expect-error: data is made anew each time
cookie.data = data
// @ts-expect-error: not options
export const wrong = new Cookie('path=/')

export class MyCookie extends Cookie {
  readonly mine = true
}

const sessions: { [sid: string]: string } = new MemoryStore().sessions

export const everything = [header, data.originalMaxAge, data.sameSite, json, sessions['sid']]

const engine: 'native' | 'wasm' = session.engine
void engine

const watched = new session.MemoryStore()
watched.on('evict', (sid, { class: sessionClass, reason }) => {
  const text: string = sid
  const protectedOnes: boolean = sessionClass === 'protected' && reason === 'maxBytes'
  return [text, protectedOnes]
})
watched.once('overflow', ({ dropped }) => dropped.toFixed())
watched.off('create', () => {})
// @ts-expect-error -- there is no such event
watched.on('evicted', () => {})
// @ts-expect-error -- the details of this event have no class
watched.on('create', (sid, { class: sessionClass }) => [sid, sessionClass])
