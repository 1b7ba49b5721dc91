import { once } from 'node:events'
import http from 'node:http'

function serve(req, res) {
  if (req.method === 'GET') return res.end(req.session.user ?? 'nobody')
  req.session.regenerate((error) => {
    if (error) return res.writeHead(500).end(String(error))
    req.session.user = 'ada'
    res.end('welcome')
  })
}

/** Logs in over loopback and gives what is answered: at the login, after it, and to a stranger. */
export default async function visit(middleware) {
  const server = http.createServer((req, res) => {
    middleware(req, res, (error) => {
      if (error) res.writeHead(500).end(String(error))
      else serve(req, res)
    })
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  const login = await fetch(url, { method: 'POST' })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const again = await fetch(url, { headers: { cookie } })
  const stranger = await fetch(url)
  const answers = await Promise.all([login, again, stranger].map((response) => response.text()))

  server.close()
  server.closeAllConnections()
  return answers
}
