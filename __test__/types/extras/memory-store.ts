// What our MemoryStore can do beyond express-session's.
import { MemoryStore, type MemoryStoreEviction, type MemoryStoreStats } from 'express-session'

const store = new MemoryStore({
  maxSessions: 100_000,
  maxBytes: 2 ** 28,
  onFull: 'spare',
  protect: (session) => session.cookie.secure,
  ttl: (session) => (session.cookie.secure ? undefined : 1000),
  lateSaves: 'drop',
  eventData: true,
  name: 'app'
})
new MemoryStore({ ttl: 1000 })
// @ts-expect-error: no such way
new MemoryStore({ onFull: 'drop' })
// @ts-expect-error: no such option
new MemoryStore({ maxSession: 5 })

store.on('evict', (sid: string, { class: sessionClass, reason, session }: MemoryStoreEviction) => {
  console.log(sid.length, sessionClass === 'protected', reason === 'maxBytes', session?.cookie)
})

export async function use(): Promise<MemoryStoreStats> {
  for await (const [sid, session] of store.entries({ pageSize: 10 })) {
    console.log(sid.length, session.cookie.originalMaxAge)
  }
  for await (const sid of store.ids()) console.log(sid.length)
  store.close((error) => console.log(error))
  await store.close()
  return store.stats()
}
