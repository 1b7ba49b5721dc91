import { number, table } from './markdown.mjs'
import { majorOf } from './requests.mjs'

/** Tables of what `scale.mjs`, `load-time.mjs` and `boundary.mjs` have measured. */

export function scale(reports) {
  return reports.flatMap((report) => [sizes(report), latencies(report)]).join('\n\n')
}

function sizes({ node, results }) {
  const head = ['sets/s', 'bytes a session', 'heap MB', 'full GC ms', '`length` ms']
  head.push('tax of `read-maxage` µs', 'tax of `modify` µs')
  head.push('stall: creation ms', 'stall: expiry ms')
  const rows = [[`Sessions, store (Node ${majorOf(node)})`, ...head]]
  const failures = []
  for (const result of results) {
    rows.push([
      labelOf(result),
      number(result.createPerSecond, 0),
      // Below this, what compiled code takes is more than what sessions take.
      result.size < 100_000 ? '–' : number(result.residentPerSession, 0),
      number(result.heapMegabytes, 0),
      number(result.collectionMs, 0),
      number(result.lengthMs),
      number(result['read-maxageTax']),
      number(result.modifyTax),
      number(result.createStallMs),
      number(result.expireStallMs)
    ])
    if (result.failure) failures.push(`- ${labelOf(result)}: ${result.failure}`)
  }
  return [table(rows), ...(failures.length > 0 ? [failures.join('\n')] : [])].join('\n\n')
}

function latencies({ node, results }) {
  const quantiles = ['p50', 'p99', 'p99.9']
  const operations = ['get', 'set', 'touch']
  const head = operations.flatMap((name) => quantiles.map((quantile) => `\`${name}\` ${quantile}`))
  const rows = [[`Latency in µs (Node ${majorOf(node)})`, ...head]]
  for (const result of results) {
    const cells = operations.flatMap((name) => {
      const { p50, p99, p999 } = result[name] ?? {}
      return [p50, p99, p999].map((value) => number(value))
    })
    rows.push([labelOf(result), ...cells])
  }
  return table(rows)
}

function labelOf({ size, store }) {
  return `${size.toLocaleString('en').replaceAll(',', ' ')}: ${store}`
}

export function loadTime(reports) {
  const rows = [['`require` in a fresh process', 'median ms', 'least ms', 'CPU ms', 'RSS MB']]
  for (const { node, withExpress, results } of reports) {
    const where = `Node ${majorOf(node)}${withExpress ? ', after Express 5' : ''}`
    for (const figures of results.filter(({ name }) => name !== 'nothing')) {
      rows.push([
        `${figures.name}, ${where}`,
        number(figures.milliseconds, 2),
        number(figures.least, 2),
        number(figures.cpuMilliseconds, 2),
        number(figures.residentMegabytes)
      ])
    }
  }
  return table(rows)
}

export function boundary(reports) {
  const parts = reports.map(({ node, results }) => {
    const rows = [[`Call, ns (Node ${majorOf(node)})`, 'ours', 'express-session']]
    for (const { name, ours, theirs, alone } of results) {
      if (!alone) rows.push([`\`${name}\``, number(ours?.median, 0), number(theirs?.median, 0)])
    }
    return table(rows)
  })
  return parts.join('\n\n')
}
