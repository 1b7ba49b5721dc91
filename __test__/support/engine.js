'use strict'

const { engine } = require('../..')

/** Options for a test of what WebAssembly cannot do: threads share a store by its name, and one sweeps it. */
const nativeOnly = { skip: engine === 'native' ? false : 'needs the native library' }

module.exports = { engine, nativeOnly }
