import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scenarios } from '../server/scenarios.mjs'
import { setsCookie } from '../server/subjects.mjs'
import { generateLoad } from './load.mjs'
import { checkResponse } from './sanity.mjs'
import { ServerProcess } from './server-process.mjs'

const fewSessions = 100
/** Until code is compiled and the heap has its size. */
const warmUpSeconds = 3
/** More requests than any server answers in a second. */
const sessionsUsedUpPerSecond = 50_000

/**
 * Measures all subjects in one scenario, in turn and round by round, so that whatever else the
 * machine does falls on all of them alike. Then the same with other processes: code and data lie
 * elsewhere in each, and with them what gets into the way of what in the processor's caches.
 *
 * @param {object} plan
 * @param {string} plan.framework
 * @param {string} plan.scenario
 * @param {string[]} plan.subjects
 * @param {number} plan.processes How many of each subject there are, one after the other.
 * @param {number} plan.rounds Of each process.
 * @param {number} plan.seconds
 * @param {number} plan.connections
 * @param {string} plan.node
 * @param {import('./pinning.mjs').Placement} plan.placement
 * @param {string} [plan.profile] A folder for CPU profiles.
 * @returns {Promise<Record<string, object[]>>} For every subject its measurements, one per round and
 *   process.
 */
export async function measureRounds(plan) {
  const all = Object.fromEntries(plan.subjects.map((subject) => [subject, []]))
  for (let n = 0; n < plan.processes; n++) {
    const measured = await measureProcesses(plan)
    for (const subject of plan.subjects) all[subject].push(...measured[subject])
  }
  return all
}

async function measureProcesses(plan) {
  const { subjects, rounds, seconds } = plan
  const folder = mkdtempSync(join(tmpdir(), 'session-benchmark-'))
  const servers = []
  try {
    for (const subject of subjects) servers.push(await startServer(plan, subject, folder))
    for (const server of servers) {
      await check(server, plan)
      await measure(server, plan, warmUpSeconds)
    }

    const measured = Object.fromEntries(subjects.map((subject) => [subject, []]))
    for (let round = 0; round < rounds; round++) {
      // Another one begins each time.
      for (let n = 0; n < servers.length; n++) {
        const server = servers[(n + round) % servers.length]
        measured[server.settings.subject].push(await measure(server, plan, seconds))
      }
    }
    for (const server of servers) {
      const { heapUsed, rss } = await server.memory()
      const memory = { heapMegabytes: heapUsed / 2 ** 20, residentMegabytes: rss / 2 ** 20 }
      for (const round of measured[server.settings.subject]) Object.assign(round, memory)
    }
    return measured
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

function startServer(plan, subject, folder) {
  const { framework, scenario, seconds, node, placement, profile } = plan
  const mostSeconds = Math.max(seconds, warmUpSeconds)
  const cookieFile = join(folder, subject.replaceAll(/[^a-z-]/g, '_'))
  const sessions = scenarios[scenario].usesUp ? mostSeconds * sessionsUsedUpPerSecond : fewSessions
  const settings = { subject, framework, scenario, cookieFile, sessions }
  const fileName = `${framework}.${scenario}.${subject}.cpuprofile`.replaceAll(/[^a-z0-9.-]/g, '_')
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${fileName}`]
  return ServerProcess.start(settings, node, profile ? profiling : [], placement)
}

async function check(server, { framework, scenario: name }) {
  const { port, settings } = server
  const { subject, cookieFile } = settings
  const scenario = scenarios[name]
  await server.begin()
  try {
    const client = scenario.isMember ? { port, cookieFile } : { port }
    await checkResponse(client, setsCookie(subject, name, scenario))
  } catch (cause) {
    throw new Error(`${subject}, ${framework}, ${name}: ${cause.message}`, { cause })
  }
}

async function measure(server, { scenario: name, placement, connections }, seconds) {
  const { port, settings } = server
  const { subject, cookieFile } = settings
  const load = { port, seconds, connections, placement }
  if (scenarios[name].isMember) load.cookieFile = cookieFile

  await server.begin()
  const answered = await generateLoad(load)
  const used = await server.end()
  if (answered.failures > 0) {
    throw new Error(`${subject}, ${name}: ${answered.failures} requests have failed`)
  }
  return {
    cpu: used.cpuMicroseconds / answered.requests,
    perSecond: answered.requests / (answered.microseconds / 1e6),
    p50: answered.p50,
    p99: answered.p99,
    collector: (used.collectorMs * 1000) / answered.requests
  }
}
