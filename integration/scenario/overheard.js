'use strict'

const METHODS = ['get', 'set', 'touch', 'destroy']

/**
 * Listens to what a store is asked for, whoever asks; the store goes on as it was. A touch, above
 * all, leaves hardly a trace elsewhere.
 *
 * @param {object} store
 * @returns {string[]} Grows with every call.
 */
function overheard(store) {
  const calls = []
  for (const name of METHODS) {
    const method = store[name]
    // Whether a store has `touch` makes a difference.
    if (typeof method !== 'function') continue
    store[name] = function (sid, ...rest) {
      calls.push(`${name} ${sid}`)
      return Reflect.apply(method, this, [sid, ...rest])
    }
  }
  return calls
}

module.exports = { overheard }
