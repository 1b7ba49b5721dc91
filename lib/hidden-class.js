'use strict'

const { types } = require('util')

/**
 * Express gives requests and responses another prototype. In V8 before version 13 (Node 20 to 23), every
 * object that this happens to gets a hidden class of its own, so that none of the code that V8 has
 * optimised for earlier requests fits the next one: properties are looked up the slow way, each new one
 * makes yet another class, and those have to be collected. That is a third of what a request of Express 5
 * costs on Node 20, and more when a middleware adds properties of its own.
 *
 * An object whose properties are in a dictionary shares its class with all others like it. V8 makes
 * it one when a property of an object that was given another prototype gets other attributes, and leaves it
 * one. (So it does when a property is deleted that is not the last one. To add two and to delete them again
 * took four times as long.)
 */

// Bun, which has another engine, names a version of V8 as well.
const isConcerned =
  Number.parseInt(process.versions.v8, 10) < 13 && process.versions.bun === undefined

// Without a prototype, as whatever it may have is taken for a part of the description.
const HIDDEN = { __proto__: null, enumerable: false }
const LISTED = { __proto__: null, enumerable: true }

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object

/**
 * Has a request or response share its hidden class, if it would have one of its own. Its properties, and
 * what it inherits from, stay as they are.
 *
 * @param {object} object
 */
function shareHiddenClass(object) {
  // Whoever made a proxy would be told of all that is done here.
  if (!isConcerned || types.isProxy(object)) return
  if (!wasGivenPrototype(object)) return
  // What every emitter of events has.
  const property = getOwnPropertyDescriptor(object, '_events')
  if (!property?.configurable || !property.enumerable) return
  defineProperty(object, '_events', HIDDEN)
  defineProperty(object, '_events', LISTED)
}

/** An object that was made by a constructor has a prototype that says so itself. Express's do not. */
function wasGivenPrototype(object) {
  const prototype = getPrototypeOf(object)
  return prototype !== null && !types.isProxy(prototype) && !hasOwn(prototype, 'constructor')
}

module.exports = { shareHiddenClass }
