'use strict'

// What is loaded, and when: all of it when the package is required, and by names that every loader knows.

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const { join } = require('node:path')
const { describe, test } = require('node:test')

const root = join(__dirname, '..')

function sources() {
  const files = ['lib', 'session'].flatMap((folder) =>
    fs.readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name))
  )
  return ['index.js', ...files].filter((file) => file.endsWith('.js'))
}

/** The lines of a file that require something. */
function requiring(file) {
  const lines = fs.readFileSync(join(root, file), 'utf8').split('\n')
  return lines.filter((line) => /\brequire\(/.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
}

describe('the files of the package', () => {
  for (const file of sources()) {
    test(`${file} asks for Node’s modules by their bare names, as Jest 26 knows no others`, () => {
      assert.deepEqual(
        requiring(file).filter((line) => line.includes('node:')),
        []
      )
    })

    // Its functions are called while it is loaded; the next tests hold that.
    if (file === join('lib', 'native.js')) continue

    test(`${file} requires nothing within a function`, () => {
      const within = requiring(file).filter((line) => /^\s/.test(line) || /=>|function/.test(line))
      assert.deepEqual(within, [])
    })
  }
})

describe('a process in which nothing can be read after the package was loaded', () => {
  for (const DEBUG of ['', 'express-session']) {
    test(`has stores and requests all the same, ${DEBUG ? 'with' : 'without'} debugging`, async () => {
      const child = fork(join(__dirname, 'support', 'without-files.js'), {
        env: { ...process.env, DEBUG, NO_DEPRECATION: '', NODE_OPTIONS: '' },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        timeout: 60_000
      })
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
      let told
      child.on('message', (message) => (told = message))
      const [code] = await once(child, 'close')
      assert.equal(code, 0, stderr)
      assert.ok(told.stores > 50)
      assert.deepEqual(told.bodies.slice(0, 4), ['1', '2', 'undefined', 'undefined'])
      assert.equal(told.bodies.length, 16)
      assert.deepEqual(told.loaded, [], 'what is required later')
    })
  }
})
