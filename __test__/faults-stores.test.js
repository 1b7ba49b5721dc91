'use strict'

// What a store may do wrong, on express-session and on this package: the same has to come of it.

const assert = require('node:assert')
const { after, before, test } = require('node:test')
const { Site, onBoth, turns } = require('./hardening/beside-oracle')
const { Fault, faultyStore } = require('./hardening/faulty-store')

/** What an application does that makes the middleware ask the store for something, at the end. */
const APPLICATIONS = {
  get: (req, res) => res.end('answer'),
  set: (req, res) => {
    req.session.n++
    res.end('answer')
  },
  touch: (req, res) => res.end('answer'),
  destroy: (req, res) => {
    req.session = null
    res.end('answer')
  }
}
const OPTIONS = { unset: 'destroy' }

// What a store throws later can't be caught. Here it is recorded, and the process lives on.
let uncaught
const note = (kind) => (error) => uncaught?.push([kind, error.message])
const noteRejection = note('unhandled rejection')
const rejectionListeners = []
before(() => {
  rejectionListeners.push(...process.listeners('unhandledRejection'))
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', noteRejection)
  process.setUncaughtExceptionCaptureCallback(note('uncaught'))
})
after(() => {
  process.setUncaughtExceptionCaptureCallback(null)
  process.removeListener('unhandledRejection', noteRejection)
  for (const listener of rejectionListeners) process.on('unhandledRejection', listener)
})

/** Plays something on a site of one provider; tells what happened. */
function played(method, fault, play) {
  return async (name) => {
    const faults = { [method]: fault }
    const site = new Site(name, faultyStore(faults), APPLICATIONS[method], OPTIONS)
    uncaught = site.journal
    await site.open()
    try {
      const answer = await play(site)
      await turns()
      return { answer, journal: site.journal, kept: [...site.store.kept] }
    } finally {
      uncaught = undefined
      await site.close()
    }
  }
}

async function same(method, fault, play) {
  const [theirs, ours] = await onBoth(played(method, fault, play))
  assert.deepStrictEqual(ours, theirs)
  return ours
}

const called = (method) => (journal) => journal.some(([what]) => what === `store.${method}`)
const times = (journal, what) => journal.filter(([entry]) => entry === what).length

for (const method of Object.keys(APPLICATIONS)) {
  test(`a store that never answers to ${method} holds the request, until the client leaves`, async () => {
    const { journal } = await same(method, Fault.never, async (site) => {
      const client = await site.begin()
      await site.until(called(method))
      await turns()
      const before = times(site.journal, 'response')
      client.destroy()
      await site.until((entries) => times(entries, 'response') === 1)
      return before
    })
    assert.deepStrictEqual(journal.at(-1), ['response', 'cut off'])
  })

  test(`a store that answers to ${method} after the client has left is no trouble`, async () => {
    const { journal } = await same(method, Fault.held, async (site) => {
      const client = await site.begin()
      await site.until(called(method))
      client.destroy()
      await site.until((entries) => times(entries, 'response') === 1)
      for (const answer of site.store.held) answer()
    })
    assert.strictEqual(times(journal, 'uncaught'), 0)
    assert.strictEqual(times(journal, 'next'), 1)
  })

  test(`a store that throws at once in ${method}: who asked for it learns of it`, async () => {
    const { journal } = await same(method, Fault.throws, async (site) => {
      const client = await site.begin()
      const told = (entries) => entries.some(([what, error]) => what === 'next' && error)
      await site.until(told)
      await turns()
      // A response that has failed to end does not end, with either of them.
      client.destroy()
      await site.until((entries) => times(entries, 'response') === 1)
    })
    const thrower = method === 'get' ? 'middleware threw' : 'application threw'
    assert.ok(
      journal.some(([what, error]) => what === thrower && /thrown by the store/.test(error))
    )
    assert.deepStrictEqual(journal.at(-1), ['response', method === 'get' ? 'sent' : 'cut off'])
  })

  for (const [kind, fault] of [
    ['fails', Fault.fails],
    ['fails at once', Fault['fails at once']],
    ['answers twice', Fault['answers twice']],
    ['answers twice, the second time later', Fault['answers twice, the second time later']],
    ['answers, then fails', Fault['answers, then fails']],
    ['throws after its answer', Fault['throws after its answer']],
    ['rejects after its answer', Fault['rejects after its answer']]
  ]) {
    test(`a store that ${kind} in ${method} has the same consequences`, async () => {
      const { answer, journal } = await same(method, fault, (site) => site.ask())
      assert.strictEqual(answer.match(/^HTTP\/1\.1 /gm).length, 1, 'answered once')
      assert.strictEqual(times(journal, 'response'), 1)
      if (kind.startsWith('fails')) {
        const [, told] = journal.find(([what, error]) => what === 'next' && error)
        assert.match(told, /by the store$/)
      }
    })
  }

  test(`a store that throws in a later turn instead of answering to ${method}: nobody is answered`, async () => {
    const { journal } = await same(method, Fault['throws instead of an answer'], async (site) => {
      const client = await site.begin()
      await site.until((entries) => times(entries, 'uncaught') === 1)
      await turns()
      client.destroy()
      await site.until((entries) => times(entries, 'response') === 1)
    })
    assert.deepStrictEqual(journal.at(-1), ['response', 'cut off'])
  })
}
