import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where a server's time goes, from a CPU profile that `run.mjs --profile folder` wrote:
 * `node benchmark/profile.mjs file.cpuprofile...`
 *
 * Time is attributed to session code if it was spent in it, or in code of others that it called.
 * Each line says which function of the session code, and which function it called directly. What
 * the application does inside of `next()` is the application's. The response is written by a call from
 * session code, which hooks `res.end`: that is done without sessions too, so it is told apart.
 */

const packages = 'express-session|on-headers|cookie|cookie-signature|uid-safe|random-bytes|parseurl'
const ofPeer = new RegExp(`/node_modules/(${packages})/`)
const root = fileURLToPath(new URL('..', import.meta.url))
const shown = 28
/** What calls and is called, as `placeInSession` gives it. */
const writesResponse = /> (end|write|writeHead|_send|_implicitHeader) \(node:_http_/

for (const file of process.argv.slice(2)) report(file)

function report(file) {
  const profile = JSON.parse(readFileSync(file, 'utf8'))
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  for (const node of profile.nodes) {
    for (const child of node.children ?? []) nodes.get(child).parent = node
  }
  const spent = new Map()
  const totals = { busy: 0, session: 0, response: 0, garbage: 0 }
  profile.samples.forEach((id, n) => {
    const node = nodes.get(id)
    const name = node.callFrame.functionName
    const time = profile.timeDeltas[n]
    if (name === '(idle)' || name === '(program)') return
    totals.busy += time
    if (name === '(garbage collector)') totals.garbage += time
    const place = placeInSession(node)
    if (!place) return
    totals.session += time
    if (writesResponse.test(place)) totals.response += time
    spent.set(place, (spent.get(place) ?? 0) + time)
  })

  const share = (time) => `${((100 * time) / totals.busy).toFixed(2)}%`.padStart(7)
  console.log(`${basename(file)}: ${(totals.busy / 1e6).toFixed(2)} s busy`)
  console.log(`${share(totals.session)} session code and what it called`)
  console.log(`${share(totals.response)} of which in Node's functions that write the response`)
  console.log(`${share(totals.garbage)} garbage collector`)
  const sorted = [...spent].toSorted((a, b) => b[1] - a[1]).slice(0, shown)
  for (const [place, time] of sorted) console.log(`${share(time)} ${place}`)
  console.log()
}

/** Undefined if the time is not the session code's. */
function placeInSession(node) {
  let callee
  for (let at = node; at; at = at.parent) {
    if (isSession(at)) return callee ? `${nameOf(at)} > ${nameOf(callee)}` : nameOf(at)
    if (isApplication(at)) return undefined
    callee = at
  }
  return undefined
}

function isSession({ callFrame: { url } }) {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  if (ofPeer.test(path)) return true
  return path.startsWith(root) && !/\/(node_modules|benchmark)\//.test(path)
}

function isApplication({ callFrame: { url } }) {
  return url !== '' && !url.startsWith('node:') && !url.startsWith('wasm:')
}

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  const name = functionName || '(anonymous)'
  return url ? `${name} (${basename(url)}:${lineNumber + 1})` : name
}
