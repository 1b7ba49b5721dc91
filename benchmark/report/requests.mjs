import { fraction, share } from '../measure/table.mjs'
import { number, spread, table } from './markdown.mjs'

/** Tables of what `run.mjs` has measured, with the columns of several Nodes beside each other. */

const names = {
  http: 'node:http',
  express4: 'Express 4',
  express5: 'Express 5',
  stack: 'Express 5 in company',
  fastify: 'Fastify'
}

const placements = {
  apart: 'server and load on a core each',
  together: 'server and load in turn on one core',
  anywhere: 'not pinned to cores'
}
const own = new Set(['none', 'express-session', 'ours'])

/** The tax of each scenario. */
export function taxes(all, frameworks) {
  return tablesOfTaxes(severalAtOnce(all), frameworks).join('\n\n')
}

/** The tax of each scenario that was measured with one request at a time. */
export function oneAtATime(all) {
  return tablesOfTaxes(
    all.filter((report) => !isSeveralAtOnce(report)),
    Object.keys(names)
  ).join('\n\n')
}

function tablesOfTaxes(reports, frameworks) {
  const parts = []
  for (const framework of frameworks) {
    const those = withResultsOf(reports, [framework])
    const scenarios = scenariosOf(those, framework, 'ours')
    if (scenarios.length === 0) continue
    const rows = [[names[framework], ...those.flatMap(headOf)]]
    for (const scenario of scenarios) {
      const cells = those.flatMap((report) => cellsOf(find(report, framework, scenario)))
      rows.push([scenario, ...cells])
    }
    parts.push(table(rows))
  }
  return parts
}

/** The whole CPU time of a request to the application in company. */
export function company(all) {
  const rows = [['CPU in µs', 'without sessions', 'express-session', 'ours']]
  for (const { node, results } of severalAtOnce(all)) {
    for (const { framework, scenario, subjects } of results) {
      if (framework !== 'stack') continue
      const cells = ['none', 'express-session', 'ours'].map((name) => number(subjects[name].cpu))
      rows.push([`Node ${majorOf(node)}: ${scenario}`, ...cells])
    }
  }
  return rows.length > 1 ? table(rows) : undefined
}

function withResultsOf(reports, frameworks) {
  return reports.filter(({ results }) =>
    results.some(({ framework }) => frameworks.includes(framework))
  )
}

function severalAtOnce(reports) {
  return reports.filter(isSeveralAtOnce)
}

function isSeveralAtOnce({ connections = 16 }) {
  return connections > 1
}

function headOf({ node }) {
  return [`express-session, Node ${majorOf(node)}`, `ours, Node ${majorOf(node)}`, 'ratio']
}

function cellsOf(subjects) {
  if (!subjects?.ours) return ['–', '–', '–']
  const { 'express-session': theirs, ours } = subjects
  return [spread(theirs.tax), spread(ours.tax), share(ours).text]
}

/** The tax without a network, of the first framework that was measured. */
export function inProcess(reports) {
  const [{ results }] = reports
  const framework = results[0]?.framework
  const rows = [[`${names[framework]}, no network`, ...reports.flatMap(headOf)]]
  for (const { scenario } of results.filter((result) => result.framework === framework)) {
    const cells = reports.flatMap((report) => {
      const subjects = find(report, framework, scenario)
      if (!subjects) return ['–', '–', '–']
      const { 'express-session': theirs, ours } = subjects
      const part = fraction(ours.tax.median / theirs.tax.median)
      return [number(theirs.tax.median), number(ours.tax.median), part]
    })
    rows.push([scenario, ...cells])
  }
  const [{ rounds, requests, cpu }] = reports
  return `${table(rows)}\n\nMedians of ${rounds} rounds of ${requests} requests; ${cpu}.`
}

/** The tax of the other things one could use. */
export function peers(all, frameworks) {
  const reports = withResultsOf(severalAtOnce(all), frameworks)
  const isShown = new Set([...frameworks, 'fastify'])
  const rows = [['Tax in µs', ...reports.map(({ node }) => `Node ${majorOf(node)}`)]]
  const places = new Set()
  for (const { results } of reports) {
    for (const { framework, scenario, subjects } of results) {
      if (isShown.has(framework) && Object.keys(subjects).some((name) => !own.has(name))) {
        places.add(JSON.stringify([scenario, framework]))
      }
    }
  }
  for (const place of places) {
    const [scenario, framework] = JSON.parse(place)
    const found = reports.map((report) => find(report, framework, scenario))
    const subjects = new Set(found.flatMap((result) => Object.keys(result ?? {})))
    subjects.delete('none')
    for (const subject of subjects) {
      const cells = found.map((result) => (result?.[subject] ? spread(result[subject].tax) : '–'))
      rows.push([`${scenario}: ${subject}, ${names[framework]}`, ...cells])
    }
  }
  return rows.length > 1 ? table(rows) : undefined
}

/** Everything else that was measured. */
export function details(all, framework) {
  const head = ['CPU µs', 'req/s', 'p50 ms', 'p99 ms', 'GC µs', 'heap MB', 'RSS MB']
  const reports = withResultsOf(severalAtOnce(all), [framework])
  const parts = reports.map((report) => {
    const rows = [[`${names[framework]}, Node ${majorOf(report.node)}`, ...head]]
    for (const result of report.results) {
      if (result.framework !== framework) continue
      for (const [subject, figures] of Object.entries(result.subjects)) {
        if (!own.has(subject)) continue
        rows.push([
          `${result.scenario}: ${subject}`,
          number(figures.cpu),
          number(figures.perSecond, 0),
          number(figures.p50 / 1000, 2),
          number(figures.p99 / 1000, 2),
          number(figures.collector),
          number(figures.heapMegabytes),
          number(figures.residentMegabytes, 0)
        ])
      }
    }
    return table(rows)
  })
  return parts.join('\n\n')
}

/** How it was measured. */
export function circumstances(reports) {
  const lines = reports.map((report) => {
    const frameworks = [...new Set(report.results.map(({ framework }) => names[framework]))]
    const where = `${frameworks.join(', ')} on Node ${report.node.slice(1)}, ${report.cpu}, ${report.platform}`
    return `${where}: ${processesOf(report)}${report.rounds} rounds of ${report.seconds} s, ${report.loadGenerator}, ${connectionsOf(report)}, ${placements[report.placement]}.`
  })
  return lines.map((line) => `- ${line}`).join('\n')
}

function connectionsOf({ connections = 16 }) {
  return connections === 1 ? 'one connection' : `${connections} connections`
}

function processesOf({ processes = 1 }) {
  return processes > 1 ? `${processes} processes of each kind, each for ` : ''
}

function scenariosOf(reports, framework, subject) {
  const found = reports.flatMap(({ results }) =>
    results.filter((result) => result.framework === framework && result.subjects[subject])
  )
  return [...new Set(found.map(({ scenario }) => scenario))]
}

function find({ results }, framework, scenario) {
  return results.find((one) => one.framework === framework && one.scenario === scenario)?.subjects
}

export function majorOf(version) {
  return version.slice(1).split('.')[0]
}
