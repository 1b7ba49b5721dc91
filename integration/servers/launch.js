'use strict'

const { execFileSync, spawn } = require('node:child_process')
const { once } = require('node:events')
const { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } = require('node:fs')
const net = require('node:net')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { kinds } = require('./kinds')

// A database that has not started or stopped by then never will.
const PATIENCE = 60_000

/**
 * The programs that a kind of server needs.
 *
 * @param {string} name One of `kinds`.
 * @returns {{ programs: object } | { missing: string }} Their paths, or which one is not installed.
 */
function installed(name) {
  const { folders = [], programs: names } = kinds[name]
  const programs = {}
  for (const program of names) {
    const found = [...process.env.PATH.split(delimiter), '/usr/sbin', ...folders.flatMap(versions)]
      .map((folder) => join(folder, program))
      .find((file) => existsSync(file))
    if (!found) return { missing: `${program} is not installed` }
    programs[program] = found
  }
  return { programs }
}

/** The folders `root/<version>/bin`, the newest version first. */
function versions(root) {
  if (!existsSync(root)) return []
  const found = readdirSync(root).toSorted((one, other) => Number(other) - Number(one))
  return found.map((version) => join(root, version, 'bin'))
}

/** Starts a server of its own for these tests, on loopback and in a temporary folder. */
async function launch(name) {
  const { programs } = installed(name)
  const { command, prepare, ready } = kinds[name]
  const folder = mkdtempSync(join(tmpdir(), `session-${name}-`))
  const account = unprivileged()
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const port = await freePort()
  const settings = { folder, port, programs }
  const options = { cwd: folder, ...account }
  let running

  function kill() {
    running?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', kill)

  async function start() {
    const [file, ...args] = command(settings)
    running = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    await said(running, ready, name)
  }

  async function stop() {
    const gone = once(running, 'exit', { signal: AbortSignal.timeout(PATIENCE) })
    // At once, without waiting for clients to leave: for PostgreSQL that is SIGINT.
    running.kill(kinds[name].stopSignal ?? 'SIGTERM')
    await gone
    running = undefined
  }

  async function close() {
    try {
      if (running) await stop()
    } finally {
      process.off('exit', kill)
      kill()
    }
  }

  try {
    if (prepare) {
      const [file, ...args] = prepare(settings)
      execFileSync(file, args, { ...options, stdio: 'pipe', timeout: PATIENCE })
    }
    await start()
  } catch (error) {
    kill()
    throw error
  }
  return { close, port, start, stop }
}

/** Databases refuse to run as root, so root becomes the account that may do nothing. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const id = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until a server says that it is ready. */
function said(child, ready, name) {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why) => reject(new Error(`${name} ${why}:\n${output}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail('did not start in time')
    }, PATIENCE)
    const listen = (chunk) => {
      output += chunk
      if (!ready.test(output)) return
      clearTimeout(timer)
      for (const stream of [child.stdout, child.stderr]) {
        stream.off('data', listen)
        // It blocks if nobody reads what else it has to say.
        stream.resume()
      }
      resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
  })
}

module.exports = { installed, launch }
