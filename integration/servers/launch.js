'use strict'

const { execFileSync, spawn } = require('node:child_process')
const { once } = require('node:events')
const { chownSync, existsSync, mkdtempSync, readdirSync } = require('node:fs')
const net = require('node:net')
const { randomInt } = require('node:crypto')
const { tmpdir } = require('node:os')
const { delimiter, join } = require('node:path')
const { kinds } = require('./kinds')
const { forget, remember } = require('./leftovers')

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

/**
 * Starts a server of its own for these tests, on loopback and in a temporary folder.
 *
 * @param {string} name One of `kinds`.
 * @returns {Promise<{ close: Function, port: number, start: Function, stop: Function }>}
 */
async function launch(name) {
  const { programs } = installed(name)
  const { command, prepare, ready, stopSignal: signal = 'SIGTERM' } = kinds[name]
  const folder = mkdtempSync(join(tmpdir(), `session-${name}-`))
  remember({ folder })
  const account = unprivileged()
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const port = await freePort()
  const settings = { folder, port, programs }
  let running

  function run([file, ...args]) {
    // Detached: a Ctrl-C is for the tests, which then end it in its own way.
    const options = { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], ...account }
    const child = spawn(file, args, options)
    if (child.pid) remember({ folder, pid: child.pid, signal })
    return child
  }

  async function start() {
    running = run(command(settings))
    await said(running, ready, name)
  }

  async function stop() {
    const { exitCode, signalCode } = running
    if (exitCode !== null || signalCode) throw new Error(`${name} ended by itself`)
    const gone = once(running, 'exit', { signal: AbortSignal.timeout(PATIENCE) })
    running.kill(signal)
    await gone
    running = undefined
    remember({ folder })
  }

  async function close() {
    if (running) await stop()
    forget(folder)
  }

  // What fails from here on is cleaned up when the tests end.
  if (prepare) await finished(run(prepare(settings)), name)
  await start()
  return { close, port, start, stop }
}

/** Databases refuse to run as root, so root becomes the account that may do nothing. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const id = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * A port below those that systems give to connections: while the server is down, no connection can
 * take its place, nor can a client that tries again and again reach itself.
 */
async function freePort() {
  for (;;) {
    const port = randomInt(16_000, 32_000)
    const server = net.createServer()
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

/** Waits until a program has done its work. */
async function finished(child, name) {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0) throw new Error(`${name} could not be prepared:\n${output}`)
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
        // It blocks if the rest of its output is not read.
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
