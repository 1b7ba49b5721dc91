import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { summarize } from './summary.mjs'

/** Writes what was measured, for `tables.mjs` and `chart.mjs`, and makes the folder for it. */
export function writeReport(file, report) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

/** Reads a report. What `run.mjs` has measured is summarised anew, as it is done today. */
export function readReport(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (report.kind === 'requests') {
    for (const result of report.results) result.subjects = summarize(result.rounds)
  }
  return report
}
