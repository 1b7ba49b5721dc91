import crypto from 'node:crypto'
import express, { type NextFunction, type Request, type Response } from 'express'
import session, {
  type CookieOptions,
  MemoryStore,
  type SessionOptions,
  Store
} from 'express-session'
import './session-data'

const cookie: CookieOptions = {
  httpOnly: true,
  maxAge: 15 * 60_000,
  partitioned: true,
  path: '/',
  priority: 'high',
  sameSite: 'lax',
  secure: 'auto'
}

const options: SessionOptions = {
  secret: ['new secret', Buffer.from('old secret')],
  name: 'sid',
  cookie,
  resave: false,
  rolling: true,
  saveUninitialized: false,
  proxy: true,
  unset: 'destroy',
  store: new MemoryStore(),
  genid: (req) => `${req.hostname}-${crypto.randomUUID()}`
}

export const app = express()

app.set('trust proxy', 1)
app.use(session(options))
app.use(session({ secret: crypto.createSecretKey(crypto.randomBytes(32)) }))
app.use(
  session({
    secret: 'secret',
    cookie: (req) => ({ secure: req.secure, maxAge: req.hostname === 'short' ? 1000 : 60_000 })
  })
)

function restrict(req: Request, res: Response, next: NextFunction): void {
  if (req.session.user) {
    next()
    return
  }
  req.session.returnTo = req.originalUrl
  res.redirect('/login')
}

app.post('/login', (req, res, next) => {
  const returnTo = req.session.returnTo ?? '/'

  req.session.regenerate((error) => {
    if (error) {
      next(error)
      return
    }
    req.session.user = { id: 1, name: 'Ann' }
    req.session.save((saveError?: Error) => (saveError ? next(saveError) : res.redirect(returnTo)))
  })
})

app.get('/account', restrict, (req, res) => {
  const name: string | undefined = req.session.user?.name
  const views = (req.session.views ??= {})

  views[req.path] = (views[req.path] ?? 0) + 1
  req.session.cookie.maxAge = 60_000
  req.session.cookie.expires = new Date(Date.now() + 60_000)
  req.session.touch().resetMaxAge().save()
  res.json({ name, id: req.session.id, sid: req.sessionID, left: req.session.cookie.maxAge })
})

app.post('/logout', (req, res, next) => {
  delete req.session.user
  req.session.reload(() => {})
  req.session.destroy((error) => (error ? next(error) : res.clearCookie('sid').end()))
})

app.get('/sessions', (req, res, next) => {
  const store: Express.SessionStore = req.sessionStore

  store.all?.((error, sessions) => {
    if (error) {
      next(error)
      return
    }
    const users = Object.values(sessions ?? {}).map((each) => each.user.name)
    res.json(users)
  })
  store.on('disconnect', () => {})
  store.generate(req)
})

export function count(store: Store): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    if (!store.length) {
      resolve(undefined)
      return
    }
    store.length((error, length) => (error ? reject(error) : resolve(length)))
  })
}
