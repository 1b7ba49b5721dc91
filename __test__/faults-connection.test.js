'use strict'

// A store that is down, at the start or in the middle, and one that reports errors by events.

const assert = require('node:assert')
const { test } = require('node:test')
const { Site, onBoth, turns } = require('./hardening/beside-oracle')
const { faultyStore } = require('./hardening/faulty-store')

const answer = (req, res) => {
  if (req.session) req.session.n = (req.session.n || 0) + 1
  res.end(`n=${req.session?.n}`)
}

async function same(play) {
  const [theirs, ours] = await onBoth(async (name) => {
    const site = new Site(name, faultyStore({}), answer)
    await site.open()
    try {
      const answers = await play(site)
      await turns()
      return { answers, journal: site.journal, kept: [...site.store.kept] }
    } finally {
      await site.close()
    }
  })
  assert.deepStrictEqual(ours, theirs)
  return ours
}

const bodies = (answers) => answers.map((text) => text.split('\r\n\r\n').at(-1))

test('while a store is down from the start, applications are called without a session', async () => {
  const { answers, journal, kept } = await same(async (site) => {
    site.store.emit('disconnect')
    return [await site.ask(), await site.ask({ id: null })]
  })
  assert.ok(answers.every((text) => text.includes('n=undefined') && !/set-cookie/i.test(text)))
  assert.ok(!journal.some(([what]) => what.startsWith('store.')))
  assert.strictEqual(JSON.parse(kept[0][1]).n, 1)
})

test('a store that goes down in the middle and comes back has sessions before and after', async () => {
  const { answers, kept } = await same(async (site) => {
    const told = [await site.ask()]
    site.store.emit('disconnect')
    told.push(await site.ask())
    site.store.emit('connect')
    told.push(await site.ask())
    // Told twice is told once.
    site.store.emit('disconnect')
    site.store.emit('disconnect')
    site.store.emit('connect')
    told.push(await site.ask())
    return told
  })
  assert.deepStrictEqual(
    answers.map((text) => /n=\w+/.exec(text)[0]),
    ['n=2', 'n=undefined', 'n=3', 'n=4']
  )
  assert.strictEqual(JSON.parse(kept[0][1]).n, 4)
})

test('a store that goes down during a request is still told of that request', async () => {
  const { kept } = await same(async (site) => {
    const { set } = site.store
    site.store.set = (...args) => {
      site.store.emit('disconnect')
      set(...args)
    }
    return [await site.ask(), await site.ask()]
  })
  assert.strictEqual(JSON.parse(kept[0][1]).n, 2)
})

test('an error event that the application listens to changes nothing for requests', async () => {
  const { journal } = await same(async (site) => {
    site.store.on('error', (error) => site.journal.push(['heard', error.message]))
    site.store.emit('error', new Error('lost the connection'))
    return [await site.ask()]
  })
  assert.deepStrictEqual(journal[0], ['heard', 'lost the connection'])
})

test('an error event that nobody listens to is thrown where it is emitted, by either', async () => {
  const { answers } = await same(async (site) => {
    const { get } = site.store
    site.store.get = (...args) => {
      site.store.emit('error', new Error('lost the connection'))
      get(...args)
    }
    return [await site.ask()]
  })
  assert.deepStrictEqual(bodies(answers).length, 1)
  assert.match(answers[0], /^HTTP\/1\.1 500 /)
})
