// Installed under its own name.
import express from 'express'
import session, { type Store } from 'express-session-native'

declare module 'express-session-native' {
  interface SessionData {
    user: string
  }
}

export const app = express()

app.use(session({ secret: 'secret' }))
app.get('/', (req, res) => {
  const user: string | undefined = req.session.user

  res.send(user)
})

export function isStore(value: unknown): value is Store {
  return value instanceof session.Store
}
