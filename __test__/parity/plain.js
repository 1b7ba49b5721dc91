'use strict'

const { IncomingMessage, OutgoingMessage } = require('node:http')
const { types } = require('node:util')

// Turns any value into JSON-able data, keeping apart what JSON would merge (undefined, null, NaN,
// dates and strings), so that recordings survive the way out of a child process.
function plain(value, parents = []) {
  switch (typeof value) {
    case 'undefined':
      return '<undefined>'
    case 'function':
      return `<function ${value.name}/${value.length}>`
    case 'bigint':
    case 'symbol':
      return `<${typeof value} ${String(value)}>`
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : `<number ${describe(value)}>`
    case 'object':
      return value === null ? null : plainObject(value, parents)
    default:
      return value
  }
}

function describe(number) {
  return Object.is(number, -0) ? '-0' : String(number)
}

// A date may have been given another prototype, or be the prototype of something else.
function describeDate(date) {
  const time = Date.prototype.getTime.call(date)
  return Number.isNaN(time) ? 'invalid' : new Date(time).toISOString()
}

// A wrapper of a request that has its properties, or what the middleware gives to each.
const isCopyOfRequest = (value) =>
  Object.hasOwn(value, 'httpVersionMajor') || Object.hasOwn(value, 'sessionStore')

function plainObject(value, parents) {
  if (parents.includes(value)) return '<circular>'
  if (types.isDate(value)) {
    return `<date ${describeDate(value)}>`
  }
  if (value instanceof Error) return plainError(value)
  if (value instanceof OutgoingMessage) return '<response>'
  if (value instanceof IncomingMessage || isCopyOfRequest(value)) return '<request>'
  if (Buffer.isBuffer(value)) return `<buffer ${value.toString('hex')}>`
  const within = [...parents, value]
  if (Array.isArray(value)) return value.map((item) => plain(item, within))

  const copy = {}
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null) copy['<prototype>'] = null
  else if (prototype !== Object.prototype) copy['<prototype>'] = prototype.constructor?.name ?? null
  for (const key of Object.keys(value)) {
    // a plain assignment of this key would set the copy's prototype
    copy[key === '__proto__' ? '<own __proto__>' : key] = plain(value[key], within)
  }
  return copy
}

// Errors which the JavaScript engine makes quote the source text, which providers do not share but for
// what is called on objects of the application's: people search for "req.session.touch is not a function".
const ENGINE_TEXTS = [
  [
    /^(?!(?:req|self|store|this)\b).* is not a (function|constructor)$/s,
    '<expression> is not a $1'
  ],
  [/^Cannot destructure property .* as it is (undefined|null)\.$/s, 'Cannot read properties of $1'],
  [/^Cannot (read|set) properties of (\w+) .*$/s, 'Cannot $1 properties of $2']
]

function plainError(error) {
  let { message } = error
  for (const [pattern, text] of ENGINE_TEXTS) message = message.replace(pattern, text)
  const copy = { error: error.name, message }
  if (error.code !== undefined) copy.code = error.code
  return copy
}

// What calling `work` gives: its value, or the error it throws.
function outcome(work) {
  try {
    return { value: plain(work()) }
  } catch (error) {
    return { threw: plain(error) }
  }
}

module.exports = { plain, outcome }
