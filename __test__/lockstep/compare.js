'use strict'

const { isDeepStrictEqual } = require('node:util')

// What the original methods of a response are called with is known to differ where the callback of
// `end` is passed on, and with our memory store, which is sent in one write.
const NOT_PROMISED = new Set(['inner'])

function byChannel(entries) {
  const channels = {}
  for (const [channel, ...rest] of entries) {
    if (NOT_PROMISED.has(channel)) continue
    // Each request by itself: how two of them take turns is not promised either.
    const [label] = rest
    const isOfRequest = typeof label === 'string' && label.startsWith('request ')
    const name = isOfRequest ? `${channel} of ${label}` : channel
    ;(channels[name] ??= []).push(rest)
  }
  return channels
}

// What is known to differ: a store that answers twice does not end the response twice, and the callback
// of an `end` that comes too late is passed on.
function endingOnce(entries) {
  const seen = new Set()
  return entries.filter(([channel, label, method]) => {
    // An end that fails, fails each time.
    if (channel !== 'uncaught' && (channel !== 'inner' || method !== 'end')) return true
    const what = channel === 'inner' ? label : `uncaught ${label.message}`
    const isFirst = !seen.has(what)
    seen.add(what)
    return isFirst
  })
}

// Without what the clients that left have seen, which is a matter of turns of the event loop.
function withoutLeft(entries) {
  const labels = new Set()
  return entries.filter(([channel, label, what]) => {
    if (channel !== 'wire') return true
    if (what === 'left') labels.add(label)
    return what === 'left' || !labels.has(label)
  })
}

// The first difference between two accounts, or null.
function difference(theirs, ours, { loose, endsOften }) {
  if (endsOften) {
    theirs = endingOnce(theirs)
    ours = endingOnce(ours)
  }
  if (isDeepStrictEqual(theirs, ours)) return null
  // Node puts off what is left of a turn when an error in it is not caught: what comes before and what
  // after that is a matter of where in the event loop a scenario began.
  const isUncaught = theirs.some(([channel]) => channel === 'uncaught')
  if (!loose && !isUncaught) return firstDifference(theirs, ours)

  const [their, our] = [theirs, ours].map((entries) => byChannel(withoutLeft(entries)))
  if (isUncaught) for (const channels of [their, our]) sortPutOff(channels)
  for (const channel of new Set([...Object.keys(their), ...Object.keys(our)])) {
    // An end that has failed where it is not caught succeeds with the store's second answer.
    if (isUncaught && endsOften && channel.startsWith('wire')) continue
    const [a, b] = [their[channel] ?? [], our[channel] ?? []]
    if (!isDeepStrictEqual(a, b)) return { channel, ...firstDifference(a, b) }
  }
  return null
}

// What several requests have put off is done in any order, and whether a head was sent by then differs.
function sortPutOff(channels) {
  const isCall = (entry) => typeof entry.at(-1) === 'boolean'
  channels.store = channels.store?.map((entry) => (isCall(entry) ? entry.slice(0, -1) : entry))
  for (const entries of [channels.store, channels.uncaught]) entries?.sort(byText)
}

const byText = (a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))

const BEFORE = 4

function firstDifference(theirs, ours) {
  let at = 0
  while (isDeepStrictEqual(theirs[at], ours[at])) at++
  return {
    before: theirs.slice(Math.max(0, at - BEFORE), at),
    theirs: theirs.slice(at, at + 2),
    ours: ours.slice(at, at + 2)
  }
}

module.exports = { difference }
