import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readReport } from './measure/report-file.mjs'
import { share } from './measure/table.mjs'
import { majorOf } from './report/requests.mjs'

const help = `Draws the tax of sessions per scenario, express-session's and ours, from what run.mjs has
written with --json.

node benchmark/chart.mjs file.json out.svg [--framework express5] [--scenario a,b]`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    framework: { type: 'string', default: 'express5' },
    scenario: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

const width = 760
const left = 128
const right = 96
const top = 64
const bar = 11
const group = 36
/** Sessions of 64 KB would make all other bars too short to see. */
const leftOut = /-64k$/

if (options.help || positionals.length !== 2) console.log(help)
else writeFileSync(positionals[1], draw(readReport(positionals[0])))

function draw({ node, results }) {
  const wanted = options.scenario?.split(',')
  const shown = results.filter(
    ({ framework, scenario, subjects }) =>
      framework === options.framework &&
      subjects.ours &&
      (wanted ? wanted.includes(scenario) : !leftOut.test(scenario))
  )
  if (shown.length === 0) throw new Error(`There are no results of ${options.framework}`)
  const most = Math.max(
    ...shown.flatMap(({ subjects }) => [
      subjects['express-session'].tax.upper,
      subjects.ours.tax.upper
    ])
  )
  const scaleOf = (tax) => (Math.max(tax, 0) / most) * (width - left - right)
  const height = top + shown.length * group + 16
  const title = `CPU time per request that sessions add, in µs: ${options.framework}, Node ${majorOf(node)}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${title}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600 }
  .theirs { fill: #9a8478 }
  .ours { fill: #2f81f7 }
  .spread { stroke: #57606a; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b3 }
    .spread { stroke: #c9d1d9 }
  }
</style>
<text class="title" x="0" y="16">${title}</text>
<rect class="theirs" x="${left}" y="30" width="${bar}" height="${bar}" rx="2"/>
<text x="${left + 18}" y="40">express-session</text>
<rect class="ours" x="${left + 140}" y="30" width="${bar}" height="${bar}" rx="2"/>
<text x="${left + 158}" y="40">express-session-native</text>
${shown.map((result, n) => drawGroup(result, top + n * group, scaleOf)).join('\n')}
</svg>
`
}

function drawGroup({ scenario, subjects }, y, scaleOf) {
  const { 'express-session': theirs, ours } = subjects
  const ratio = `${ours.tax.median.toFixed(1)} (${share(ours).text})`
  return [
    `<text x="${left - 8}" y="${y + bar + 4}" text-anchor="end">${scenario}</text>`,
    drawBar('theirs', theirs.tax, y, theirs.tax.median.toFixed(1), scaleOf),
    drawBar('ours', ours.tax, y + bar + 2, ratio, scaleOf)
  ].join('\n')
}

function drawBar(kind, { median, lower, upper }, y, label, scaleOf) {
  const middle = y + bar / 2
  const [from, to] = [left + scaleOf(lower), left + scaleOf(upper)].map((x) => x.toFixed(1))
  return [
    `<rect class="${kind}" x="${left}" y="${y}" width="${scaleOf(median).toFixed(1)}" height="${bar}" rx="2"/>`,
    `<line class="spread" x1="${from}" y1="${middle}" x2="${to}" y2="${middle}"/>`,
    `<text x="${Number(to) + 6}" y="${y + bar - 1}">${label}</text>`
  ].join('\n')
}
