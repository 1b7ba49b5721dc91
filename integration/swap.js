'use strict'

// Required ahead of everything else: what `npm install express-session@npm:express-session-native`
// does in an application, without a second copy of all the packages.

const Module = require('node:module')
const { join } = require('node:path')

const NAME = 'express-session'
const ROOT = join(__dirname, '..')
const { _resolveFilename: resolveFilename } = Module

Module._resolveFilename = function (request, ...rest) {
  const isAsked = request === NAME || request.startsWith(`${NAME}/`)
  return resolveFilename.call(this, isAsked ? ROOT + request.slice(NAME.length) : request, ...rest)
}
