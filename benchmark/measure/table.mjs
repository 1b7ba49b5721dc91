const columns = ['', 'CPU/req', 'tax/req', '(spread)', 'ratio', '(spread)']
columns.push('req/s', 'p50', 'p99', 'GC/req', 'heap', 'RSS')

/** The results of one scenario as lines of text. */
export function formatResult({ framework, scenario, subjects }) {
  const rows = [columns]
  for (const [name, result] of Object.entries(subjects)) {
    const { tax, ratio } = result
    rows.push([
      name,
      micro(result.cpu),
      tax ? micro(tax.median) : '',
      tax ? `(${tax.lower.toFixed(1)}..${tax.upper.toFixed(1)})` : '',
      ratio ? share(result).text : '',
      ratio ? `(${ratio.lower.toFixed(2)}..${ratio.upper.toFixed(2)})` : '',
      result.perSecond.toFixed(0),
      milli(result.p50),
      milli(result.p99),
      micro(result.collector),
      `${result.heapMegabytes.toFixed(1)} MB`,
      `${result.residentMegabytes.toFixed(0)} MB`
    ])
  }
  return [`${framework}: ${scenario}`, ...aligned(rows).map((line) => `  ${line}`)].join('\n')
}

/** The taxes of all scenarios. */
export function formatOverview(results) {
  const rows = [['', 'express-session', 'ours', 'ratio']]
  for (const { framework, scenario, subjects } of results) {
    const { 'express-session': theirs, ours } = subjects
    if (!theirs || !ours) continue
    const taxes = [micro(theirs.tax.median), micro(ours.tax.median)]
    rows.push([`${framework}: ${scenario}`, ...taxes, share(ours).text])
  }
  return aligned(rows).join('\n')
}

/** The first column to the left, the others to the right. */
export function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row
      .map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n])))
      .join('  ')
      .trimEnd()
  )
}

/**
 * What part of express-session's tax a tax is. Where a quarter of all rounds says that there is none at
 * all, the median is made of noise: then it is said how much three quarters of them have at most.
 *
 * @param {{ tax: { lower: number, median: number, upper: number }, ratio: object }} figures
 * @returns {{ text: string, atMost: number }}
 */
export function share({ tax, ratio }) {
  if (tax.upper <= 0) return { text: '≤ 0', atMost: 0 }
  if (tax.median <= 0) return { text: '≈ 0', atMost: 0 }
  const isNoise = tax.lower <= 0
  const atMost = isNoise ? ratio.upper : ratio.median
  // There is no part of nothing either.
  if (atMost <= 0) return { text: '–', atMost: Infinity }
  return { text: `${isNoise ? '≤ ' : ''}${fraction(atMost)}`, atMost }
}

/** As `1/6.0`, or as `1.2 ×` where the part is larger than the whole. */
export function fraction(ratio) {
  if (ratio <= 0) return '≤ 0'
  return ratio > 1 ? `${ratio.toFixed(2)} ×` : `1/${(1 / ratio).toFixed(1)}`
}

const micro = (microseconds) => `${microseconds.toFixed(1)} µs`
const milli = (microseconds) => `${(microseconds / 1000).toFixed(2)} ms`
