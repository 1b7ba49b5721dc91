import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session, { Cookie, MemoryStore, Session, Store } from 'express-session'

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

class Counting extends MemoryStore {
  saves = 0

  override set(sid: string, data: session.SessionData, callback?: (error?: any) => void): void {
    this.saves += 1
    super.set(sid, data, callback)
  }
}

const store = new Counting()
const options: session.SessionOptions = {
  secret: 's',
  resave: false,
  saveUninitialized: false,
  store
}
const app = express()

app.use(session(options))
app.post('/', (req, res, next) => {
  req.session.regenerate((error: unknown) => {
    if (error) return next(error)
    // @ts-expect-error The declaration above is in force: a user is a text.
    req.session.user = 1
    req.session.user = 'ada'
    res.send('welcome')
  })
})
app.get('/', (req, res) => {
  const user: string | undefined = req.session.user
  res.send(user ?? 'nobody')
})

async function main(): Promise<void> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const login = await fetch(url, { method: 'POST' })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const again = await fetch(url, { headers: { cookie } })
  const stranger = await fetch(url)
  const answers = await Promise.all([login, again, stranger].map((response) => response.text()))
  const same = store instanceof Store && typeof Session === 'function'
  // `maxAge` is kept as a date, so what is read back is shorter by the time between the two.
  const { originalMaxAge } = new Cookie({ maxAge: 60_000 })
  const minutes = originalMaxAge === null ? null : Math.ceil(originalMaxAge / 60_000)

  console.log(JSON.stringify({ same, saves: store.saves, minutes, answers }))
  server.close()
  server.closeAllConnections()
}

void main()
