// An application that kept the types of DefinitelyTyped beside this package, which is in the place
// of express-session: its own declarations have to keep their effect.
import express from 'express'
import session from 'express-session'

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

export const app = express()

app.use(session({ secret: 'secret', key: 'sid' }))
app.get('/', (req, res) => {
  const user: string | undefined = req.session.user

  // @ts-expect-error: the type is not any
  req.session.user = 42
  res.send(user)
})
