'use strict'

// Compiles the programs in types/ against index.d.ts, which is strict enough to be the test: a
// mistake that goes unnoticed is an error there, by way of `@ts-expect-error`.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { readdirSync } = require('node:fs')
const { join, resolve, sep } = require('node:path')
const { test } = require('node:test')

const root = resolve(__dirname, '..')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const theirTypes = join(root, 'node_modules', '@types', 'express-session', 'index.d.ts')
const ourTypes = join(root, 'index.d.ts')

const programs = {
  'app-theirs-commonjs': {
    holds: "the application compiles as CommonJS with DefinitelyTyped's types",
    with: [theirTypes]
  },
  'app-ours-commonjs': {
    holds: 'the same application compiles as CommonJS with these types',
    with: [ourTypes]
  },
  'app-theirs-nodenext': {
    holds: "the application compiles for Node's modules with DefinitelyTyped's types",
    with: [theirTypes]
  },
  'app-ours-nodenext': {
    holds: "the same application compiles for Node's modules with these types",
    with: [ourTypes]
  },
  extras: {
    holds: 'what express-session has beyond its types on DefinitelyTyped is declared',
    with: [ourTypes]
  },
  'own-name': {
    holds: "an application extends SessionData under this package's own name",
    with: [ourTypes]
  },
  both: {
    holds: "an application that kept DefinitelyTyped's types compiles with skipLibCheck",
    with: [ourTypes, theirTypes]
  },
  'first-swap': {
    holds: 'an application with members of sessions that are required takes stores of all kinds',
    with: [ourTypes, theirTypes]
  },
  stores: {
    holds: "stores and connectors typed with DefinitelyTyped's types are accepted",
    with: [ourTypes, theirTypes]
  }
}

for (const [name, program] of Object.entries(programs)) {
  test(program.holds, () => {
    const config = join(__dirname, 'types', `tsconfig.${name}.json`)
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [tsc, '--noEmit', '--listFiles', '--pretty', 'false', '-p', config],
      { cwd: root, encoding: 'utf8', timeout: 120_000 }
    )
    const lines = stdout.split(/\r?\n/)
    const files = new Set(lines.map((line) => line.replaceAll('/', sep)))

    assert.equal(
      status,
      0,
      `tsc ended with ${status}:\n${lines.filter((line) => line.includes('error')).join('\n')}\n${stderr}`
    )
    // Without this, a path that no longer resolves would compile one set of types twice.
    assert.deepEqual(
      [ourTypes, theirTypes].filter((file) => files.has(file)),
      program.with
    )
  })
}

test('each type program has its test', () => {
  const configs = readdirSync(join(__dirname, 'types'))
    .map((file) => /^tsconfig\.(.+)\.json$/.exec(file)?.[1])
    .filter((name) => name && name !== 'base')

  assert.deepEqual(configs.toSorted(), Object.keys(programs).toSorted())
})
