'use strict'

const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { test } = require('node:test')
const { inspect, promisify } = require('node:util')
const session = require('..')
const { MemoryStore } = session

const SECRET = 'canary-of-a-secret'
const OLD = 'canary-of-an-old-one'

/** All that can be seen of a value without a debugger, symbols and hidden members included. */
function seen(value) {
  return inspect(value, { depth: 20, showHidden: true, maxStringLength: null, getters: true })
}

/** A request and its response through a middleware with secrets, and what fails on the way. */
function visit({ store = new MemoryStore(), change = () => {}, ...options } = {}) {
  const headers = {}
  const errors = []
  const res = {
    getHeader: (name) => headers[name],
    setHeader: (name, value) => (headers[name] = value),
    writeHead() {},
    _implicitHeader() {
      this.writeHead(200)
    },
    write() {},
    end() {}
  }
  const req = { url: '/', headers: { cookie: 'connect.sid=s%3Aid.forged' } }
  const secret = [SECRET, Buffer.from(OLD)]
  const middleware = session({ secret, resave: false, saveUninitialized: true, store, ...options })
  const guarded = (work) => {
    try {
      work()
    } catch (error) {
      errors.push(error)
    }
  }
  guarded(() => middleware(req, res, (error) => error && errors.push(error)))
  guarded(() => change(req))
  guarded(() => res.end())
  return { middleware, req, res, store, errors }
}

const FAILURES = {
  'none at all': {},
  'a name that no cookie can have': { name: 'a b' },
  'an id that is no text': { genid: () => 7 },
  'an id that cannot be encoded': { genid: () => '\ud800' },
  'an expiry that is no date': { change: (req) => (req.session.cookie.expires = new Date(NaN)) },
  'a session without JSON': { change: (req) => (req.session.self = req.session) },
  'a path that no cookie can have': { change: (req) => (req.session.cookie.path = '/\n') }
}

for (const [kind, options] of Object.entries(FAILURES)) {
  test(`neither errors nor anything that can be looked at shows a secret: ${kind}`, async () => {
    const { errors, ...objects } = visit(options)
    await new Promise(setImmediate)
    assert.ok(kind.includes('none') || kind.includes('no text') || errors.length > 0, 'it failed')
    const text = seen([objects, errors, errors.map((error) => error.stack)])
    assert.ok(text.includes('sessionID'), 'something was looked at')
    assert.ok(!text.includes('canary'), text)
    assert.ok(!JSON.stringify(errors.map(String)).includes('canary'))
  })
}

test('what is printed with DEBUG shows no secret', async () => {
  const script = `
    const http = require('node:http')
    const session = require('.')
    const middleware = session({ secret: ${JSON.stringify([SECRET, OLD])}, resave: false, saveUninitialized: true })
    const server = http.createServer((req, res) => middleware(req, res, () => res.end()))
    server.listen(0, '127.0.0.1', () => {
      const headers = { cookie: 'connect.sid=s%3Aid.forged', connection: 'close' }
      http.get({ port: server.address().port, headers }, (res) => res.resume().on('end', () => server.close()))
    })
  `
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', script], {
    cwd: join(__dirname, '..'),
    env: { ...process.env, DEBUG: '*' },
    timeout: 60_000
  })
  assert.match(stderr, /express-session .*set-cookie/)
  assert.ok(!stderr.includes('canary'), stderr)
})

/** How many strings of the JavaScript heap hold a secret, after some requests with it. */
const countInHeap = `
  const { getHeapSnapshot } = require('node:v8')
  const secret = ['canary', 'of', 'a', 'secret'].join('-')
  const session = require(process.argv[1])
  const middleware = session({ secret, resave: false, saveUninitialized: true })
  async function main() {
    for (let n = 0; n < 20; n++) {
      const req = { url: '/', headers: { cookie: 'connect.sid=s%3Aid.forged' } }
      const nothing = () => {}
      const res = { getHeader: nothing, setHeader: nothing, writeHead: nothing, write: nothing }
      res._implicitHeader = () => res.writeHead(200)
      await new Promise((resolve) => {
        res.end = resolve
        middleware(req, res, () => res.end())
      })
    }
    const chunks = await getHeapSnapshot().toArray()
    const { nodes, snapshot, strings } = JSON.parse(Buffer.concat(chunks))
    const { node_fields: fields, node_types: types } = snapshot.meta
    let count = 0
    for (let at = 0; at < nodes.length; at += fields.length) {
      const type = types[0][nodes[at]]
      if (type.includes('string') && strings[nodes[at + 1]].includes('canary-of')) count++
    }
    console.log(count)
  }
  main()
`

test('the heap has no more strings with a secret than with express-session', async () => {
  const counts = []
  for (const provider of ['express-session', '.']) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', countInHeap, provider], {
      cwd: join(__dirname, '..'),
      timeout: 60_000
    })
    counts.push(Number(stdout))
  }
  const [theirs, ours] = counts
  assert.ok(theirs >= 1, 'the application has it')
  assert.ok(ours <= theirs, `${ours}, and ${theirs} with express-session`)
})
