'use strict'

const assert = require('node:assert/strict')
const { mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { test } = require('node:test')
const express = require('express')
const fileStore = require('session-file-store')
const { atFixedTime } = require('./parity/clock')
const { headerValues, setCookies } = require('./parity/exchange')
const { chosen, provider } = require('./parity/provider')
const { signed } = require('./parity/signature')
const { countingIds } = require('./parity/site')
const { jar, serving } = require('./parity/wire')

// Visits follow one another, as those of a browser do.
/* oxlint-disable no-await-in-loop */

const NAMES = chosen()

// Who serves the site in turn: one swap there and back, in both directions.
const TURNS =
  NAMES.length === 1
    ? [[NAMES[0], NAMES[0], NAMES[0]]]
    : [
        [NAMES[0], NAMES[1], NAMES[0]],
        [NAMES[1], NAMES[0], NAMES[1]]
      ]

const PROFILE = {
  name: 'Tobi é🙂',
  born: '2001-02-03T04:05:06.789Z',
  roles: ['admin', null, { nested: true }],
  10: 'ten',
  2: 'two'
}

// A site of its own for each step, as after a deployment: only files and cookies are left over.
function site(name, directory, options) {
  const { session } = provider(name)
  const FileStore = fileStore(session)
  const store = new FileStore({ path: directory, retries: 0, reapInterval: -1, logFn() {} })
  const app = express()
  // an ETag is a hash over the store's stamps of time too
  app.set('etag', false)
  app.use(session({ secret: 'first', resave: false, saveUninitialized: false, store, ...options }))
  app.get('/login', (req, res, next) =>
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.profile = PROFILE
      req.session.visits = 0
      res.send('in')
    })
  )
  app.get('/visit', (req, res) => {
    req.session.visits++
    res.json({ id: req.sessionID, profile: req.session.profile, visits: req.session.visits })
  })
  app.get('/look', (req, res) => res.json({ id: req.sessionID, session: req.session }))
  app.get('/logout', (req, res) => req.session.destroy(() => res.send('out')))
  return app
}

// A visitor whose cookies and files outlive the sites.
function visitor(t) {
  const directory = mkdtempSync(join(tmpdir(), 'session-swap-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const cookies = jar()
  return {
    cookies,
    files: () =>
      Object.fromEntries(
        readdirSync(directory)
          .toSorted()
          .map((file) => [file, readFileSync(join(directory, file), 'utf8')])
      ),
    open(name, options, urls) {
      return serving(site(name, directory, options), async (send) => {
        const answers = []
        for (const url of urls) {
          const headers = cookies.header ? { Cookie: cookies.header } : {}
          const answer = await send({ url, headers })
          cookies.take(answer.head)
          answers.push({ ...answer, body: answer.raw.slice(answer.raw.indexOf('\r\n\r\n') + 4) })
        }
        return answers
      })
    }
  }
}

function json({ body, head }) {
  const chunked = headerValues(head, 'transfer-encoding').length > 0
  const text = chunked ? body.replace(/^[\da-f]+\r\n|\r\n[\da-f]+\r\n(?=$|\r\n)|\r\n$/g, '') : body
  return JSON.parse(Buffer.from(text.trim(), 'latin1').toString('utf8'))
}

// The store stamps its files with the time of access, which the frozen clock does not reach.
const stamped = (text) => text.replace(/"__lastAccess":\d+/, '"__lastAccess":0')

for (const [first, second, third] of TURNS) {
  const turn = `${first} → ${second} → ${third}`

  test(`a login made by one is a login for the other: ${turn}`, async (t) => {
    const { open } = visitor(t)
    const [, made] = await open(first, {}, ['/login', '/visit'])
    const [swapped, again] = await open(second, {}, ['/visit', '/visit'])
    const [back] = await open(third, {}, ['/visit'])
    const { id } = json(made)
    assert.match(id, /^[\w-]{32}$/)
    const visits = [made, swapped, again, back].map(json)
    assert.deepEqual(
      visits,
      [1, 2, 3, 4].map((count) => ({ id, profile: PROFILE, visits: count }))
    )
    for (const answer of [swapped, again, back]) assert.deepEqual(setCookies(answer), [])
  })

  test(`a logout made by one is a logout for the other: ${turn}`, async (t) => {
    const { open, files } = visitor(t)
    await open(first, {}, ['/login', '/visit'])
    await open(second, {}, ['/logout'])
    assert.deepEqual(files(), {})
    const [looked] = await open(third, {}, ['/look'])
    assert.equal(json(looked).session.profile, undefined)
  })

  test(`secrets can be rotated while swapping: ${turn}`, async (t) => {
    const { open, cookies } = visitor(t)
    const [, made] = await open(first, { secret: 'first' }, ['/login', '/visit'])
    const { id } = json(made)
    const [kept] = await open(second, { secret: ['second', 'first'] }, ['/visit'])
    assert.equal(json(kept).visits, 2)
    assert.ok(cookies.header.endsWith(encodeURIComponent(signed(id, 'first'))))

    const [moved] = await open(second, { secret: ['second', 'first'], rolling: true }, ['/visit'])
    assert.equal(json(moved).visits, 3)
    assert.ok(cookies.header.endsWith(encodeURIComponent(signed(id, 'second'))))

    const [last] = await open(third, { secret: 'second' }, ['/visit'])
    assert.deepEqual([json(last).id, json(last).visits], [id, 4])
    const [refused] = await open(third, { secret: 'third' }, ['/look'])
    assert.notEqual(json(refused).id, id)
  })

  for (const rolling of [true, false]) {
    test(`expiry goes on from where it was, rolling ${rolling}: ${turn}`, async (t) => {
      const { open, files } = visitor(t)
      const options = { rolling, cookie: { maxAge: 60_000 }, genid: countingIds() }
      const seen = []
      await atFixedTime(async (clock) => {
        const steps = [
          [first, ['/login', '/look']],
          [second, ['/look', '/visit']],
          [third, ['/look']]
        ]
        for (const [name, urls] of steps) {
          for (const url of urls) {
            const [answer] = await open(name, options, [url])
            const [file] = Object.values(files())
            seen.push([
              url,
              setCookies(answer).map((value) => /Expires=[^;]+/.exec(value)[0]),
              JSON.parse(file).cookie
            ])
            clock.advance(10_000)
          }
        }
      })
      const at = (seconds) => `Expires=Tue, 01 Jan 2030 12:01:${seconds} GMT`
      assert.deepEqual(
        seen.map(([url, sent]) => [url, sent]),
        [
          ['/login', [at('00')]],
          ['/look', rolling ? [at('10')] : []],
          ['/look', rolling ? [at('20')] : []],
          ['/visit', [at('30')]],
          ['/look', rolling ? [at('40')] : []]
        ]
      )
      for (const [index, [, , cookie]] of seen.entries()) {
        assert.equal(cookie.originalMaxAge, 60_000)
        assert.equal(cookie.expires, `2030-01-01T12:01:${index}0.250Z`)
      }
    })
  }
}

test('the files of the store are the same bytes, whoever writes them', async (t) => {
  const urls = ['/login', '/visit', '/look', '/visit']
  for (const options of [{}, { resave: true }, { rolling: true, cookie: { maxAge: 60_000 } }]) {
    const written = []
    for (const name of NAMES) {
      const { open, files } = visitor(t)
      const made = { ...options, genid: countingIds() }
      const answers = await atFixedTime(() => open(name, made, urls))
      const [[file, text]] = Object.entries(files())
      written.push([answers.map(({ raw }) => stamped(raw)), file, stamped(text)])
      assert.equal(file, 'id2.json')
      assert.match(text, /^\{"cookie":\{"originalMaxAge":(null|60000),/)
      assert.deepEqual(JSON.parse(text).profile, PROFILE)
    }
    assert.deepEqual(written.at(-1), written[0])
  }
})

test('files written alternately are those of one writer alone', async (t) => {
  const urls = ['/login', '/visit', '/visit', '/look', '/visit']
  const results = []
  for (const turn of [...TURNS, ...NAMES.map((name) => [name])]) {
    const { open, files } = visitor(t)
    const genid = countingIds()
    await atFixedTime(async () => {
      for (const [index, url] of urls.entries()) {
        await open(turn[index % turn.length], { genid, cookie: { maxAge: 60_000 } }, [url])
      }
    })
    results.push(Object.entries(files()).map(([file, text]) => [file, stamped(text)]))
  }
  for (const result of results) assert.deepEqual(result, results[0])
  assert.equal(JSON.parse(results[0][0][1]).visits, 3)
})
