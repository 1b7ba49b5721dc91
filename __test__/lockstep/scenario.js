'use strict'

const fc = require('fast-check')
const { options } = require('./options')
const { groups } = require('./requests')
const { store } = require('./stores')

const scenario = fc.record({ options, store, groups }, { noNullPrototype: true })

module.exports = { scenario }
