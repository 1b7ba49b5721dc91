'use strict'

// Required ahead of everything else: the programs of this folder then get their packages from the
// second installation, in which npm has put this package in the place of express-session. What those
// packages require in turn is found as Node finds it: nothing else is changed.

const Module = require('node:module')
const { isAbsolute, join, sep } = require('node:path')

const INSTALLATION = join(__dirname, 'node_modules', '.ours')
const { _resolveFilename: resolveFilename } = Module

Module._resolveFilename = function (request, parent, isMain, options) {
  const isPackage = !/^\.\.?(\/|$)/.test(request) && !isAbsolute(request)
  const found = isPackage && isProgram(parent) ? { paths: [INSTALLATION], ...options } : options
  return resolveFilename.call(this, request, parent, isMain, found)
}

/** Whether a module is one of this folder's own. */
function isProgram(module) {
  const file = module?.filename ?? ''
  const inside = file.startsWith(__dirname + sep) && file.slice(__dirname.length).split(sep)
  return inside && !inside.includes('node_modules')
}
