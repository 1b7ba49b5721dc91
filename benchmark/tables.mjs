import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readReport } from './measure/report-file.mjs'
import { boundary, loadTime, scale } from './report/growth.mjs'
import { fillIn } from './report/markdown.mjs'
import {
  circumstances,
  company,
  details,
  inProcess,
  oneAtATime,
  peers,
  taxes
} from './report/requests.mjs'

const help = `Tables in Markdown of what the benchmarks have written with --json. Files of several
Nodes are shown beside each other.

node benchmark/tables.mjs [options] file.json...
  --framework a,b  whose taxes are shown (http, express4, express5, where measured)
  --only a,b       of taxes, peers, details, company, one-at-a-time, circumstances, inprocess, scale,
                   load-time, boundary
  --into file.md   puts each table between the comments of its name there:
                   <!-- benchmark:taxes --> ... <!-- /benchmark:taxes -->`

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    framework: { type: 'string', default: 'http,express4,express5' },
    only: { type: 'string' },
    into: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (options.help || files.length === 0) console.log(help)
else main()

function main() {
  const tables = makeTables()
  if (options.into) return putInto(options.into, tables)
  for (const [name, text] of tables) console.log(`<!-- ${name} -->\n\n${text}\n`)
}

function makeTables() {
  const reports = files.map(readReport)
  const of = (kind) => reports.filter((report) => report.kind === kind)
  const frameworks = options.framework.split(',')
  const makers = {
    taxes: ['requests', (those) => taxes(those, frameworks)],
    peers: ['requests', (those) => peers(those, frameworks)],
    details: ['requests', (those) => details(those, frameworks.at(-1))],
    company: ['requests', company],
    'one-at-a-time': ['requests', oneAtATime],
    circumstances: ['requests', circumstances],
    inprocess: ['inprocess', inProcess],
    scale: ['scale', scale],
    'load-time': ['load-time', loadTime],
    boundary: ['boundary', boundary]
  }
  const tables = new Map()
  for (const [name, [kind, make]] of Object.entries(makers)) {
    if (options.only && !options.only.split(',').includes(name)) continue
    const text = of(kind).length > 0 && make(of(kind))
    if (text) tables.set(name, text)
  }
  return tables
}

function putInto(file, tables) {
  let document = readFileSync(file, 'utf8')
  for (const [name, text] of tables) {
    const filled = fillIn(document, name, text)
    console.log(`${name}: ${filled ? 'put' : 'has no place'} in ${file}`)
    document = filled ?? document
  }
  writeFileSync(file, document)
}
