/** A table of Markdown; the first row is its head, and all columns but the first are numbers. */
export function table(rows) {
  const [head, ...body] = rows
  const rule = head.map((_, n) => (n === 0 ? '---' : '---:'))
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/**
 * Puts a text between the two comments that mark its place.
 *
 * @param {string} document
 * @param {string} name Of the place: `<!-- benchmark:name -->` to `<!-- /benchmark:name -->`.
 * @returns {string | undefined} Undefined if the document has no such place.
 */
export function fillIn(document, name, text) {
  const [begin, end] = [`<!-- benchmark:${name} -->`, `<!-- /benchmark:${name} -->`]
  const from = document.indexOf(begin)
  const to = document.indexOf(end, from)
  if (from === -1 || to === -1) return undefined
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`
}

export function number(value, digits = 1) {
  return value === undefined ? '–' : value.toFixed(digits)
}

/** A number with its spread. */
export function spread({ median, lower, upper }) {
  return `${number(median)} (${number(lower)}–${number(upper)})`
}
