'use strict'

/**
 * Puts more and more into a session until it is more than a string can hold, on one provider, and
 * prints what came of it. In a process of its own, because of the memory that it takes.
 */

const { Site, turns } = require('./beside-oracle')

const MEGABYTE = 'é'.repeat(2 ** 20)
const SIZES = [1, 10, 520]

/** Megabytes of text in the session, by the path; on `/` nothing is put into it. */
function answer(req, res) {
  const size = Number(req.url.slice(1))
  if (size > 0) {
    req.session.size = size
    req.session.list = Array(size).fill(MEGABYTE)
  }
  res.end(`size=${req.session.size} list=${req.session.list?.length}`)
}

async function main(name) {
  const site = new Site(name, (session) => new session.MemoryStore(), answer)
  site.store.sessions.known = JSON.stringify({ cookie: { path: '/' }, size: 0 })
  await site.open()
  const outcome = []
  for (const size of SIZES) {
    const before = site.journal.length
    const client = await site.begin({ path: `/${size}` })
    let text = ''
    client.setEncoding('latin1').on('data', (chunk) => (text += chunk))
    const settled = (journal) =>
      journal
        .slice(before)
        .some(([what, error]) => what === 'response' || (what === 'next' && error))
    await site.until(settled)
    await turns()
    client.destroy()
    await site.until((journal) => journal.slice(before).some(([what]) => what === 'response'))
    outcome.push({
      size,
      told: /size=.*/.exec(text)?.[0],
      journal: site.journal.slice(before),
      // What the next request finds.
      found: /size=.*/.exec(await site.ask())[0]
    })
  }
  await site.close()
  console.log(JSON.stringify(outcome))
}

void main(process.argv[2])
