'use strict'

const { types } = require('util')

/**
 * Keeps Express requests fast on V8 before version 13 (Node 20 to 23).
 *
 * Express changes the prototype of requests and responses. Older V8 then gives each of these objects a
 * hidden class of its own, so code that was optimized for one request does not fit the next: property
 * lookups are slow, each added property creates another class, and all of these have to be collected. That is
 * a third of the cost of an Express 5 request on Node 20, and more if middleware adds properties.
 *
 * Objects in dictionary mode share a hidden class. V8 switches an object with a changed prototype to that
 * mode when the attributes of a property change, and does not switch back. (Deleting a property other than
 * the last one does the same, but adding two and deleting them took four times as long.)
 */

// Bun has a different engine, but reports a V8 version too.
const isConcerned =
  Number.parseInt(process.versions.v8, 10) < 13 && process.versions.bun === undefined

// Without a prototype, because inherited properties would count as part of the descriptor.
const HIDDEN = { __proto__: null, enumerable: false }
const LISTED = { __proto__: null, enumerable: true }

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object

/**
 * Makes a request or response share its hidden class, if it would have one of its own. Its properties and its
 * prototype stay unchanged.
 *
 * @param {object} object
 */
function shareHiddenClass(object) {
  // A proxy's handler would see these operations.
  if (!isConcerned || types.isProxy(object)) return
  if (!wasGivenPrototype(object)) return
  // Every event emitter has this property.
  const property = getOwnPropertyDescriptor(object, '_events')
  if (!property?.configurable || !property.enumerable) return
  defineProperty(object, '_events', HIDDEN)
  defineProperty(object, '_events', LISTED)
}

/** The prototype of an object from a constructor has its own `constructor`. Express's prototypes do not. */
function wasGivenPrototype(object) {
  const prototype = getPrototypeOf(object)
  return prototype !== null && !types.isProxy(prototype) && !hasOwn(prototype, 'constructor')
}

module.exports = { shareHiddenClass }
