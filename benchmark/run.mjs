import { mkdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadGenerator } from './measure/load.mjs'
import { placementFor } from './measure/pinning.mjs'
import { writeReport } from './measure/report-file.mjs'
import { measureRounds } from './measure/rounds.mjs'
import { summarize } from './measure/summary.mjs'
import { formatOverview, formatResult } from './measure/table.mjs'
import { findNode } from './measure/versions.mjs'
import { listeners } from './server/frameworks.mjs'
import { keyScenarios, peerScenarios, scenarios } from './server/scenarios.mjs'

const help = `What sessions cost a server: its CPU time per request, above that of the same
application without sessions. See benchmark/README.md.

npm run bench -- [options]     all scenarios on Express 5, in about 7 minutes
  --full            all scenarios on all frameworks, about 20 minutes
  --key             the scenarios that say most: ${keyScenarios.join(', ')}
  --scenario a,b    of ${Object.keys(scenarios).join(', ')}
  --framework a,b   of http, express4, express5, stack (Express 5 and what is often used with it)
  --peers           also memorystore, cookie-session (on the last of the frameworks) and
                    @fastify/session (on Fastify), in scenarios that all of them can serve; and in
                    \`read\` a middleware that does nothing, on all frameworks
  --processes n     how many servers of each kind there are, one after the other (1)
  --rounds n        how often each server is measured (5)
  --seconds n       how long each time (1)
  --connections n   how many requests there are at once (16)
  --together        server and load on one core, for virtual machines: see benchmark/README.md
  --core n          which one that is (1); with another, two runs do not disturb each other much
  --node path       the Node to run the servers with (this one), or the number of one that is
                    installed in integration/runtimes
  --against folder  also another build of this package
  --profile folder  writes a CPU profile of every server there
  --json file       writes the results there`

const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string' },
    framework: { type: 'string' },
    processes: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    connections: { type: 'string', default: '16' },
    node: { type: 'string', default: process.execPath },
    key: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    against: { type: 'string' },
    together: { type: 'boolean', default: false },
    core: { type: 'string', default: '1' },
    profile: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

if (options.help) console.log(help)
else await run()

async function run() {
  const { node, version } = findNode(options.node)
  const placement = placementFor(options.together, Number(options.core))
  const settings = {
    node: version,
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim(),
    loadGenerator,
    placement: placement.where,
    processes: count('processes'),
    rounds: count('rounds'),
    seconds: count('seconds'),
    connections: count('connections')
  }
  const planned = plans({ ...settings, placement }, node)
  const where = `${settings.cpu}, ${loadGenerator}, server and load ${settings.placement}`
  console.log(`Node ${settings.node} on ${where}`)
  console.log('Medians; tax is CPU above "none", ratio is to the tax of express-session.\n')

  const results = []
  for (const plan of planned) {
    const { framework, scenario } = plan
    const rounds = await measureRounds(plan)
    const result = { framework, scenario, subjects: summarize(rounds), rounds }
    results.push(result)
    console.log(`${formatResult(result)}\n`)
    // After each one: what was measured before something failed is not lost.
    if (options.json) writeReport(options.json, { kind: 'requests', ...settings, results })
  }
  console.log(formatOverview(results))
}

function plans({ processes, rounds, seconds, connections, placement }, node) {
  const profile = options.profile && resolve(options.profile)
  if (profile) mkdirSync(profile, { recursive: true })

  const usual = ['http', 'express4', 'express5']
  const wanted = listed('scenario', options.key ? keyScenarios : Object.keys(scenarios), scenarios)
  const frameworks = listed('framework', options.full ? usual : ['express5'], listeners)
  const subjects = ['none', 'express-session', 'ours']
  if (options.against) subjects.push(`build:${resolve(options.against)}`)

  // They compare in the same way on each.
  const peerFramework = options.peers ? frameworks.at(-1) : undefined
  const peers = ['memorystore', 'cookie-session']

  const common = { processes, rounds, seconds, connections, node, placement, profile }
  const planned = []
  const add = (framework, scenario, who) =>
    planned.push({ framework, scenario, subjects: who, ...common })
  for (const framework of frameworks) {
    for (const scenario of wanted) {
      const who = [...subjects]
      if (framework === peerFramework && peerScenarios.includes(scenario)) who.push(...peers)
      if (options.peers && scenario === 'read') who.push('empty middleware')
      add(framework, scenario, who)
    }
  }
  if (options.peers) {
    const shared = wanted.filter((scenario) => peerScenarios.includes(scenario))
    for (const scenario of shared) add('fastify', scenario, ['none', '@fastify/session'])
  }
  return planned
}

function count(name) {
  const number = Number(options[name])
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be 1 or more`)
  return number
}

function listed(name, byDefault, known) {
  const list = options[name]?.split(',') ?? byDefault
  const unknown = list.filter((item) => !Object.hasOwn(known, item))
  if (unknown.length > 0) throw new Error(`Unknown ${name}: ${unknown.join(', ')}`)
  return list
}
