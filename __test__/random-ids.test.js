'use strict'

const assert = require('node:assert')
const { fork } = require('node:child_process')
const cluster = require('node:cluster')
const { once } = require('node:events')
const { join } = require('node:path')
const { test } = require('node:test')
const { Worker } = require('node:worker_threads')
const { generateId } = require('../lib/session-id')

const drawer = join(__dirname, 'hardening', 'draw-ids.js')
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Ids that a worker thread or a process of its own draws. */
async function drawnBy(drawing) {
  // Both may come in the same turn.
  const [[ids]] = await Promise.all([once(drawing, 'message'), once(drawing, 'exit')])
  return ids
}

test('no two of the processes and threads share an id, however they came about', async () => {
  // What is left of a batch here must not turn up in anything that is started now.
  const before = Array.from({ length: 5 }, generateId)
  cluster.setupPrimary({ exec: drawer, execArgv: [] })
  const others = await Promise.all([
    ...Array.from({ length: 4 }, () => drawnBy(new Worker(drawer))),
    ...Array.from({ length: 4 }, () => drawnBy(fork(drawer))),
    ...Array.from({ length: 4 }, () => drawnBy(cluster.fork()))
  ])
  const after = Array.from({ length: 200 }, generateId)
  const ids = [before, after, ...others].flat()
  assert.strictEqual(ids.length, 205 + 12 * 200)
  assert.strictEqual(new Set(ids).size, ids.length)
  // Not even by halves, as ids of a common sequence that is out of step would be.
  const halves = ids.flatMap((id) => [id.slice(0, 16), id.slice(16)])
  assert.strictEqual(new Set(halves).size, halves.length)
})

test('the bits of ids are as often set as not, and know nothing of their neighbours', () => {
  const count = 20_000
  const bits = 192
  const ones = Array(bits).fill(0)
  const sameAsNext = Array(bits).fill(0)
  let last
  for (let n = 0; n < count; n++) {
    const bytes = Buffer.from(generateId(), 'base64url')
    assert.strictEqual(bytes.length, bits / 8)
    for (let bit = 0; bit < bits; bit++) {
      const value = bitOf(bytes, bit)
      ones[bit] += value
      if (last) sameAsNext[bit] += Number(value === bitOf(last, bit))
    }
    last = bytes
  }
  // Seven standard deviations: one run in a thousand million is beyond that by chance.
  const most = 7 * Math.sqrt(count / 4)
  for (const counts of [ones, sameAsNext]) {
    for (const [bit, n] of counts.entries()) {
      assert.ok(Math.abs(n - count / 2) < most, `bit ${bit}: ${n} of ${count}`)
    }
  }
})

test('every character of the alphabet is as likely as the others', () => {
  const counts = new Map(Array.from(ALPHABET, (character) => [character, 0]))
  const drawn = 10_000
  for (let n = 0; n < drawn; n++) {
    for (const character of generateId()) counts.set(character, counts.get(character) + 1)
  }
  assert.strictEqual(counts.size, 64)
  const expected = (drawn * 32) / 64
  let chiSquared = 0
  for (const n of counts.values()) chiSquared += (n - expected) ** 2 / expected
  // 63 degrees of freedom: 63 is what to expect, and beyond 160 is less likely than one in 10^9.
  assert.ok(chiSquared < 160, `chi squared is ${chiSquared}`)
})

function bitOf(bytes, bit) {
  return (bytes[bit >> 3] >> (bit & 7)) & 1
}
