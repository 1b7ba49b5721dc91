/** The results of one scenario as lines of text. */
export function formatResult({ framework, scenario, subjects }) {
  const rows = [
    ['', 'CPU/req', 'tax/req', '(spread)', 'ratio', '(spread)', 'req/s', 'p50', 'p99', 'GC/req']
  ]
  rows[0].push('heap', 'RSS')
  for (const [name, result] of Object.entries(subjects)) {
    const { tax, ratio } = result
    rows.push([
      name,
      micro(result.cpu),
      tax ? micro(tax.median) : '',
      tax ? `(${tax.least.toFixed(1)}..${tax.most.toFixed(1)})` : '',
      ratio ? ratio.median.toFixed(2) : '',
      ratio ? `(${ratio.least.toFixed(2)}..${ratio.most.toFixed(2)})` : '',
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

const micro = (microseconds) => `${microseconds.toFixed(1)} µs`
const milli = (microseconds) => `${(microseconds / 1000).toFixed(2)} ms`
