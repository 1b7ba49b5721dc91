'use strict'

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text that is HTML already. */
class Html {
  constructor(text) {
    this.text = text
  }

  toString() {
    return this.text
  }
}

/**
 * A template tag: everything put into the template is escaped, except what came from this tag.
 * Arrays are joined; `false`, `null` and `undefined` leave nothing.
 *
 * @returns {Html}
 */
function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(toText)))
}

function toText(value) {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(toText).join('')
  if (value === false || value === null || value === undefined) return ''
  return String(value).replace(/[&<>"']/g, (char) => ENTITIES[char])
}

module.exports = { html }
