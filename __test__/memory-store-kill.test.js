'use strict'

const assert = require('node:assert')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { createInterface } = require('node:readline')
const { test } = require('node:test')
const { MemoryStore } = require('..')
const { Random } = require('./hardening/random')

/**
 * A process that saves sessions, and snapshots of them one after the other, is killed again and again.
 * MEMORY_STORE_KILLS says how often, MEMORY_STORE_KILL_SEED when.
 */

const KILLS = Number(process.env.MEMORY_STORE_KILLS ?? 25)
const SEED = Number(process.env.MEMORY_STORE_KILL_SEED ?? 1)
/** Long enough for a handful of snapshots, so that kills come in all their phases. */
const LONGEST_LIFE = 60
/** With more sessions than these, it begins anew: each life has to load them all. */
const MOST = 10_000
const HAS_MODES = process.platform !== 'win32'

const PROGRAM = join(__dirname, 'support', 'snapshot-writer.js')

test(`a process that is killed ${KILLS} times at any moment loses nothing that a snapshot has`, async (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'sessions-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  const path = join(folder, 'sessions.bin')
  const random = new Random(SEED)
  let before = new Set()
  let [finished, leftovers] = [0, 0]
  for (let kill = 1; kill <= KILLS; kill++) {
    const { adding, loaded, sure, snapshots } = await lifeOf(t, path, random.below(LONGEST_LIFE))
    assert.strictEqual(loaded, before.size, `kill ${kill}: another number of sessions was loaded`)
    const files = fs.readdirSync(folder)
    assert.ok(files.length <= 2, `kill ${kill}: ${files} are left`)
    for (const file of HAS_MODES ? files : []) {
      assert.strictEqual(fs.statSync(join(folder, file)).mode & 0o777, 0o600, file)
    }
    leftovers += files.filter((file) => file !== 'sessions.bin').length
    finished += snapshots

    const found = await numbersIn(path)
    const missing = [...before].filter((number) => !found.has(number))
    for (let number = 1; number <= sure; number++) {
      if (number > lastOf(before) && !found.has(number)) missing.push(number)
    }
    assert.deepStrictEqual(missing, [], `kill ${kill}: of ${sure} that were in before a snapshot`)
    const unknown = [...found].filter((number) => !before.has(number) && number > adding)
    assert.deepStrictEqual(unknown, [], `kill ${kill}: only ${adding} were ever saved`)
    before = found
    if (before.size > MOST) {
      fs.rmSync(path)
      before = new Set()
    }
  }
  t.diagnostic(`${finished} snapshots were finished, ${leftovers} kills left a file`)
  assert.ok(finished > 0, 'no snapshot was ever finished')
})

/** Starts the process, kills it and says what it has told. */
async function lifeOf(t, path, milliseconds) {
  const child = spawn(process.execPath, [PROGRAM, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const told = { snapshots: 0, sure: 0 }
  const exited = once(child, 'exit')
  const ended = once(child.stdout, 'end')
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => Object.assign(told, JSON.parse(line)))
  // If it ends by itself, what it wrote to stderr says why.
  await Promise.race([once(lines, 'line'), exited])
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  child.kill('SIGKILL')
  assert.deepStrictEqual(await exited, [null, 'SIGKILL'])
  await ended
  lines.close()
  return told
}

/** The numbers of the sessions in a snapshot; each of them has to be whole. */
async function numbersIn(path) {
  const numbers = new Set()
  if (!fs.existsSync(path)) return numbers
  // Opening and closing changes what is there.
  const copy = join(fs.mkdtempSync(`${path}.copy-`), 'sessions.bin')
  try {
    fs.copyFileSync(path, copy)
    const store = new MemoryStore({ snapshot: { path: copy, interval: Infinity } })
    for await (const [sid, session] of store.entries({ pageSize: 1000 })) {
      const { number, filler } = session
      assert.strictEqual(sid, `session ${number}`)
      assert.strictEqual(filler, `${number} é `.repeat(20 + (number % 50)))
      numbers.add(number)
    }
    assert.strictEqual(store.stats().sessions, numbers.size)
    await store.close()
  } finally {
    fs.rmSync(join(copy, '..'), { recursive: true })
  }
  return numbers
}

function lastOf(numbers) {
  return Math.max(0, ...numbers)
}

test('a snapshot every millisecond is the most that one can ask for', async (t) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'sessions-'))
  t.after(() => fs.rmSync(folder, { recursive: true }))
  const path = join(folder, 'sessions.bin')
  for (const interval of [0, 0.5, -1, NaN, '1000', null]) {
    assert.throws(() => new MemoryStore({ snapshot: { path, interval } }), {
      name: 'TypeError',
      message: /^MemoryStore: snapshot\.interval must be a number of milliseconds from 1 on, not /
    })
  }
  assert.deepStrictEqual(fs.readdirSync(folder), [])
  for (const interval of [1, 1.5, 1e300, Infinity]) {
    await new MemoryStore({ snapshot: { path, interval } }).close()
  }
})
