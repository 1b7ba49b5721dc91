'use strict'

const assert = require('node:assert/strict')
const { createHmac } = require('node:crypto')
const { HOUR, OPTIONS, serving } = require('./site')

// What holds for express-session and this package alike. Each check is run with both and notes all
// that it sees, which then has to be the same, too.

const cookieOf = ({ headers }) => headers.find((header) => header.startsWith('Set-Cookie: '))
const dataOf = ({ body }) => JSON.parse(body)

/** The Set-Cookie header, worked out without either package. */
function expectedCookie(id, attributes = '') {
  const signature = createHmac('sha256', OPTIONS.secret).update(id).digest('base64')
  const value = encodeURIComponent(`s:${id}.${signature.replace(/=+$/, '')}`)
  return `Set-Cookie: connect.sid=${value}; Path=/${attributes}; HttpOnly`
}

const both = {
  async 'a visitor without a session gets no cookie and leaves nothing behind'(tools) {
    await tools.serve({}, async ({ client }) => {
      const answer = await tools.see(client(), '/look')
      assert.equal(answer.status, 200)
      assert.equal(cookieOf(answer), undefined)
      assert.deepEqual(tools.contents(), {})
    })
  },

  async 'a login sets a signed cookie, and the next requests read and change the session'(tools) {
    await tools.serve({}, async ({ client }) => {
      const visitor = client()
      const login = await tools.see(visitor, '/login/tobi')
      assert.equal(cookieOf(login), expectedCookie('id2'))
      for (const visits of [1, 2, 3]) {
        const { id, session } = dataOf(await tools.see(visitor, '/visit'))
        assert.deepEqual([id, session.user, session.visits], ['id2', 'tobi', visits])
      }
      const look = await tools.see(visitor, '/look')
      assert.equal(dataOf(look).session.visits, 3)
      assert.equal(cookieOf(look), undefined, 'a cookie where nothing has changed')
      assert.equal(JSON.parse(tools.contents().id2).visits, 3)
    })
  },

  async 'rolling renews the cookie with every answer'(tools) {
    await tools.serve({ rolling: true, cookie: { maxAge: HOUR } }, async ({ client }) => {
      const visitor = client()
      await tools.see(visitor, '/login/tobi')
      for (let round = 0; round < 2; round++) {
        tools.clock.advance(HOUR / 2)
        const expires = new Date(tools.clock.start + (round + 3) * (HOUR / 2)).toUTCString()
        const answer = await tools.see(visitor, '/look')
        assert.equal(cookieOf(answer), expectedCookie('id2', `; Expires=${expires}`))
      }
    })
  },

  async 'regenerate gives another id and forgets the old one'(tools) {
    await tools.serve({}, async ({ client }) => {
      const visitor = client()
      await tools.see(visitor, '/login/tobi')
      const thief = client()
      for (const [name, value] of visitor.cookies) thief.cookies.set(name, value)

      assert.equal(dataOf(await tools.see(visitor, '/login/loki')).id, 'id3')
      assert.deepEqual(Object.keys(tools.contents()), ['id3'])
      assert.equal(dataOf(await tools.see(thief, '/look')).session.user, undefined)
      assert.equal(dataOf(await tools.see(visitor, '/look')).session.user, 'loki')
    })
  },

  async 'save and reload call back, and save what is there and no more'(tools) {
    await tools.serve({}, async ({ client }) => {
      const visitor = client()
      await tools.see(visitor, '/save')
      const { session } = dataOf(await tools.see(visitor, '/reload'))
      assert.deepEqual(session.saved, { name: 'Tobi é🙂', 10: null })
      assert.equal(session.forgotten, undefined)
    })
  },

  async 'destroy and unset end the session for the client and in the store'(tools) {
    await tools.serve({ unset: 'destroy' }, async ({ client }) => {
      const visitor = client()
      for (const path of ['/logout', '/unset']) {
        const { id } = dataOf(await tools.see(visitor, '/login/tobi'))
        assert.deepEqual(Object.keys(tools.contents()), [id])
        const end = await tools.see(visitor, path)
        assert.equal(end.status, 200)
        assert.deepEqual(tools.contents(), {}, path)
        assert.notEqual(dataOf(await tools.see(visitor, '/look')).id, id)
      }
    })
  },

  async 'a session lasts as long as its cookie says'(tools) {
    await tools.serve({ cookie: { maxAge: HOUR } }, async ({ client }) => {
      const visitor = client()
      await tools.see(visitor, '/login/tobi')
      tools.clock.advance(HOUR - 1)
      // Which also touches it, so that it has another hour.
      assert.equal(dataOf(await tools.see(visitor, '/look')).session.user, 'tobi')
      await tools.see(visitor, '/extend')
      tools.clock.advance(2 * HOUR - 1)
      assert.equal(dataOf(await tools.see(visitor, '/look')).session.user, 'tobi')
    })
  },

  async 'an answer in pieces and a large one arrive whole'(tools) {
    await tools.serve({}, async ({ client }) => {
      const visitor = client()
      const streamed = await tools.see(visitor, '/streamed')
      assert.equal(streamed.body, 'one two three')
      assert.equal(cookieOf(streamed), expectedCookie('id1'))
      assert.equal((await tools.see(visitor, '/large')).body.length, 500_000)
      assert.equal(dataOf(await tools.see(visitor, '/look')).session.large.length, 500_000)
    })
  },

  async 'a cookie that was tampered with opens no session'(tools) {
    await tools.serve({}, async ({ client }) => {
      const visitor = client()
      await tools.see(visitor, '/login/tobi')
      const value = visitor.cookies.get('connect.sid')
      for (const forged of [value.replace('id2', 'id1'), value.slice(0, -1), 's%3Aid2', '%zz']) {
        visitor.cookies.set('connect.sid', forged)
        assert.equal(dataOf(await tools.see(visitor, '/look')).session.user, undefined, forged)
      }
    })
  },

  async 'many visitors at the same time keep their sessions apart'(tools) {
    const VISITORS = 20
    const ROUNDS = 5
    await tools.serve({}, async ({ client }) => {
      const visitors = Array.from({ length: VISITORS }, client)
      // One after the other, so that each has the same id in both runs.
      for (const [n, visitor] of visitors.entries()) {
        // oxlint-disable-next-line no-await-in-loop
        await tools.see(visitor, `/login/user${n}`)
      }
      const answers = await Promise.all(
        visitors.map(async (visitor) => {
          let answer
          // oxlint-disable-next-line no-await-in-loop
          for (let round = 0; round < ROUNDS; round++) answer = await visitor.visit('/visit')
          return answer
        })
      )
      for (const [n, answer] of answers.entries()) {
        const { session } = dataOf(answer)
        assert.deepEqual([session.user, session.visits], [`user${n}`, ROUNDS])
      }
      tools.note(answers)
      assert.equal(Object.keys(tools.contents()).length, VISITORS)
    })
  }
}

/** The tools of a check: they note all that it sees in `seen`. */
function toolsOf(session, { store, contents, calls }, clock, seen) {
  const note = (what) => seen.push(what)
  return {
    clock,
    contents,
    note,
    serve: (options, use) => serving(session, { store, options }, use),
    async see(visitor, path) {
      const answer = await visitor.visit(path)
      // What was called since the last note, too: `splice` empties the list.
      note({ path, answer, contents: contents(), calls: calls?.splice(0) })
      return answer
    }
  }
}

module.exports = { both, toolsOf }
