import { createServer } from 'node:http'

/**
 * The application: one route, with and without sessions. `act` is a scenario's handler. Clients that
 * can get a session in no other way get it from `/login`.
 *
 * Each of these makes the function that answers requests, for a server of `node:http` or without one.
 *
 * @type {Record<string, (app: { session?: Function, act: Function, fill: Function }) => Promise<Function>>}
 */
export const listeners = {
  http,
  express4: viaExpress('express4'),
  express5: viaExpress('express'),
  stack: viaExpress('express', { before, after })
}

/** Each makes a function that listens on a free port of the loopback interface and gives the port. */
export const frameworks = { fastify }
for (const [name, makeListener] of Object.entries(listeners)) {
  frameworks[name] = async (app) => {
    const server = createServer(await makeListener(app))
    return () => listen(server)
  }
}

const address = '127.0.0.1'

async function http({ session, act, fill }) {
  const handler = (req, res) => {
    const login = req.url === '/login'
    if (login) fill(req.session)
    ;(login ? answerAtOnce : act)(req, (user) => {
      const body = JSON.stringify({ user })
      res.statusCode = user === undefined ? 500 : 200
      res.setHeader('Content-Type', 'application/json; charset=utf-8')
      res.setHeader('Content-Length', Buffer.byteLength(body))
      res.end(body)
    })
  }
  if (!session) return handler
  return (req, res) => session(req, res, (error) => onwards(error, req, res))

  function onwards(error, req, res) {
    if (!error) return handler(req, res)
    console.error(error)
    res.statusCode = 500
    res.end()
  }
}

function viaExpress(specifier, { before, after } = {}) {
  return async ({ session, act, fill }) => {
    const { default: express } = await import(specifier)
    const app = express()
    if (before) app.use(await before(express))
    if (session) app.use(session)
    if (session && after) app.use(await after())
    const send = (res) => (user) => res.status(user === undefined ? 500 : 200).json({ user })
    app.get('/', (req, res) => act(req, send(res)))
    app.get('/login', (req, res) => {
      fill(req.session)
      send(res)('ada')
    })
    return app
  }
}

/** What many applications have in front of their sessions. What is logged goes nowhere. */
async function before(express) {
  const [{ default: morgan }, { default: compression }, { default: cookieParser }] =
    await Promise.all([import('morgan'), import('compression'), import('cookie-parser')])
  const logger = morgan('combined', { stream: { write() {} } })
  const bodies = [express.json(), express.urlencoded({ extended: false })]
  return [logger, compression(), ...bodies, cookieParser()]
}

/** What many have that needs sessions. */
async function after() {
  const [{ default: flash }, { default: passport }] = await Promise.all([
    import('connect-flash'),
    import('passport')
  ])
  return [flash(), passport.initialize(), passport.session()]
}

async function fastify({ session, act, fill }) {
  const { default: makeApp } = await import('fastify')
  const app = makeApp()
  if (session) await session(app)
  const send = (reply) => (user) => void reply.code(user === undefined ? 500 : 200).send({ user })
  app.get('/', (request, reply) => act(request, send(reply)))
  app.get('/login', (request, reply) => {
    fill(request.session)
    send(reply)('ada')
  })
  return async () => {
    await app.listen({ host: address, port: 0 })
    return app.server.address().port
  }
}

function answerAtOnce(req, answer) {
  answer('ada')
}

function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, () => resolve(server.address().port))
  })
}
