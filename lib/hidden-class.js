'use strict'

const { types } = require('node:util')

/**
 * Express gives requests and responses another prototype. In V8 before version 13 (Node 20 to 23), every
 * object that this happens to gets a hidden class of its own, so that none of the code that V8 has
 * optimised for earlier requests fits the next one: properties are looked up the slow way, each new one
 * makes yet another class, and those have to be collected. It takes two thirds of the time that a request
 * of Express 5 takes on Node 20.
 *
 * An object whose properties are in a dictionary has no class of its own: it shares one with all others
 * like it. To V8 that is an object from which a property was deleted that was not the last.
 */

// Bun, which has another engine, names a version of V8 as well.
const isConcerned =
  Number.parseInt(process.versions.v8, 10) < 13 && process.versions.bun === undefined

const FIRST = Symbol('first')
const LAST = Symbol('last')

/**
 * Has a request or response share its hidden class, if it would have one of its own. Nothing of the object
 * itself is changed.
 *
 * @param {object} object
 */
function shareHiddenClass(object) {
  // A proxy's owner could see it.
  if (!isConcerned || types.isProxy(object)) return
  if (!wasGivenPrototype(object) || !Object.isExtensible(object)) return
  object[FIRST] = undefined
  object[LAST] = undefined
  delete object[FIRST]
  delete object[LAST]
}

/** An object that was made by a constructor has a prototype that says so itself. Express's do not. */
function wasGivenPrototype(object) {
  const prototype = Object.getPrototypeOf(object)
  return prototype !== null && !Object.hasOwn(prototype, 'constructor')
}

module.exports = { shareHiddenClass }
