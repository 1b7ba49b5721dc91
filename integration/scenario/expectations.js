'use strict'

const assert = require('node:assert/strict')

// What has to be in every recording, whoever provides the sessions: that two recordings are the same
// would also hold if both were empty.

const session = ({ answer }) => JSON.parse(answer.body).session
const id = ({ answer }) => JSON.parse(answer.body).id
const cookie = ({ answer }) =>
  answer.headers.find((header) => header.startsWith('Set-Cookie: connect.sid='))
const mentions = (stored, text) => new RegExp(`\\b${text}\\b`).test(JSON.stringify(stored))

/** Finds the records of a step, in order. */
function reader({ records }) {
  const seen = new Map()
  return (step) => {
    const place = seen.get(step) ?? 0
    seen.set(step, place + 1)
    const found = records.filter((record) => record.step === step)[place]
    assert.ok(found, `${step} was done ${place + 1} times`)
    return found
  }
}

const expectations = {
  'a visitor without a session gets no cookie and leaves nothing behind'(recording) {
    const first = reader(recording['the usual options'])('/look')
    assert.equal(cookie(first), undefined)
    assert.deepEqual(first.stored, [])
  },

  'a login replaces the id, is stored under the new one and lasts'(recording) {
    for (const title of ['the usual options', 'rolling', 'saving everything']) {
      const next = reader(recording[title])
      const anonymous = next('/look')
      const login = next('/login')
      assert.notEqual(id(login), id(anonymous))
      assert.match(cookie(login), new RegExp(`connect\\.sid=s%3A${id(login)}\\.`))
      assert.ok(mentions(login.stored, id(login)))
      const visit = next('/visit')
      assert.deepEqual([id(visit), session(visit).visits], [id(login), 1])
      assert.equal(session(visit).profile.name, 'Tobi é🙂')
    }
  },

  'rolling renews the cookie with every answer, otherwise it is left alone'(recording) {
    for (const [title, isSent] of [
      ['the usual options', false],
      ['rolling', true]
    ]) {
      const next = reader(recording[title])
      next('/look')
      const look = next('/look')
      assert.equal(Boolean(cookie(look)), isSent)
    }
  },

  'a touch is asked for and lasts, where the store has touches'(recording, { hasNoTouch }) {
    for (const [title, isSaved] of [
      ['the usual options', false],
      ['rolling', false],
      ['saving everything', true]
    ]) {
      const extend = reader(recording[title])('/extend')
      const [read, written] = extend.asked
      assert.equal(read, `get ${id(extend)}`)
      const isWritten = isSaved || !hasNoTouch
      assert.equal(written, isWritten ? `${isSaved ? 'set' : 'touch'} ${id(extend)}` : undefined)
      // Two hours, as its visitor has asked for.
      assert.equal(mentions(extend.stored, 'in 120 min'), isWritten)
    }
  },

  'an answer in pieces arrives whole'(recording) {
    assert.equal(reader(recording['the usual options'])('/streamed').answer.body, 'one two three')
  },

  'of requests at the same time the last one decides'(recording) {
    const next = reader(recording['the usual options'])
    const { answers } = next('together')
    for (const { status } of answers) assert.equal(status, 200)
    const { place0, place3, visits } = session(next('/save'))
    assert.deepEqual({ place0, place3, visits }, { place0: undefined, place3: true, visits: 2 })
  },

  'a reload forgets what was not saved'(recording) {
    const { forgotten, saved } = session(reader(recording['the usual options'])('/reload'))
    assert.deepEqual({ forgotten, saved }, { forgotten: undefined, saved: 'before the end' })
  },

  'a session can be loaded outside of a request'(recording) {
    const next = reader(recording['the usual options'])
    const { isSession, result } = next('load')
    assert.deepEqual([isSession, result.visits], ['Session', 1])
    assert.equal(next('load of another').result, undefined)
  },

  'a logout ends the session for the client and in the store'(recording, { keepsDestroyed }) {
    const next = reader(recording['the usual options'])
    next('/login')
    const login = next('/login')
    const logout = next('/logout')
    assert.ok(mentions(login.stored, id(login)))
    if (!keepsDestroyed) assert.ok(!mentions(logout.stored, id(login)))
    const { records } = recording['the usual options']
    const look = records[records.indexOf(logout) + 1]
    assert.notEqual(id(look), id(login))
    assert.equal(session(look).visits, undefined)
  },

  'a session ends when its time is over'(recording) {
    const next = reader(recording.expiring)
    const brief = next('/brief')
    assert.equal(session(brief).brief, true)
    const look = next('/look')
    assert.notEqual(id(look), id(brief))
    assert.equal(session(look).brief, undefined)
  },

  'clients see an interruption as failures and go on afterwards'(recording, kind) {
    const { records, errors } = recording.interrupted
    if (!kind.server && records.length === 0) return
    const next = reader(recording.interrupted)
    const visit = next('/visit')
    assert.equal(next('/visit while down').answer.status, 500)
    assert.notEqual(errors.length, 0)
    const look = next('/look')
    assert.equal(look.answer.status, 200)
    assert.equal(session(look).visits, kind.keepsWhenStopped ? session(visit).visits : undefined)
    // What it did is lost, but it was answered.
    assert.equal(session(next('/interrupted')).visits, 2)
    next('/login')
    const again = next('/login')
    assert.equal(session(again).visits, 0)
    const same = kind.keepsWhenStopped ? assert.equal : assert.notEqual
    same(id(next('/look')), id(again))
    const last = next('/login')
    assert.equal(id(next('/look')), id(last))
  },

  'clearing the store ends all sessions'(recording) {
    const next = reader(recording.cleared)
    const login = next('/login')
    const { absent, error } = next('clear')
    if (absent) return
    assert.equal(error, null)
    assert.notEqual(id(next('/look')), id(login))
  }
}

module.exports = { expectations }
