'use strict'

// The package depd tells of a deprecation once for each place in the source: whichever scenario
// comes first would get it. Here every call counts. To be loaded before either provider is.

const path = require.resolve('depd')
const depd = require(path)

let listener = () => {}

require.cache[path].exports = Object.assign(function (namespace) {
  if (namespace !== 'express-session') return depd(namespace)
  return (message) => listener(message)
}, depd)

function onDeprecation(callback) {
  listener = callback
}

module.exports = { onDeprecation }
