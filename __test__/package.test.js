'use strict'

// The package as it is published: what is in it, and how it behaves when it is installed under the
// name express-session, packed and unpacked as npm does it.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { isBuiltin } = require('node:module')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { after, before, describe, test } = require('node:test')

const root = resolve(__dirname, '..')
const manifest = require('../package.json')
const windows = process.platform === 'win32'

/** The libraries that were built here, by target. */
const libraries = Object.fromEntries(
  fs
    .readdirSync(root)
    .map((file) => [/^express-session-native\.([\w-]+)\.node$/.exec(file)?.[1], file])
    .filter(([target]) => target !== undefined)
)

let scratch
let packed

function run(command, args, options) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 60_000,
    ...options,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      NO_DEPRECATION: ''
    }
  })

  assert.equal(
    result.status,
    0,
    `${command} ${args.join(' ')} ended with ${result.error ?? result.status}:\n${result.stderr}`
  )
  return result.stdout
}

function npmPack(...args) {
  const options = { cwd: root, shell: windows }

  return JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--offline', ...args], options)
  )[0]
}

/** An application that has the package as node_modules/express-session; gives its folder. */
function install(name) {
  const app = join(scratch, name)
  const modules = join(app, 'node_modules')

  fs.mkdirSync(modules, { recursive: true })
  fs.cpSync(packed, join(modules, 'express-session'), { recursive: true })
  for (const [target, file] of Object.entries(libraries)) {
    const folder = join(modules, '@express-session-native', target)
    fs.mkdirSync(folder, { recursive: true })
    fs.copyFileSync(join(root, file), join(folder, 'index.node'))
    fs.writeFileSync(join(folder, 'package.json'), '{ "main": "index.node" }')
  }
  for (const dependency of Object.keys(manifest.dependencies)) {
    fs.symlinkSync(join(root, 'node_modules', dependency), join(modules, dependency), 'junction')
  }
  return app
}

/** Runs a program in the folder of an application, and gives what it logs, as JSON. */
function node(app, file, source) {
  fs.writeFileSync(join(app, file), source)
  return JSON.parse(run(process.execPath, [file], { cwd: app }))
}

before(() => {
  scratch = fs.mkdtempSync(join(tmpdir(), 'express-session-native-'))
  const { filename } = npmPack('--pack-destination', scratch)

  // Relative, as a drive letter would be taken for the name of a host.
  run('tar', ['-xzf', filename], { cwd: scratch })
  packed = join(scratch, 'package')
})

after(() => fs.rmSync(scratch, { recursive: true, force: true }))

describe('what is published', () => {
  test('the package has its own files, no library, and nothing else', () => {
    const { files } = npmPack('--dry-run')
    const paths = files.map(({ path }) => path)
    const lib = fs
      .readdirSync(join(root, 'lib'), { recursive: true })
      .filter((file) => file.endsWith('.js'))
      .map((file) => `lib/${file}`)

    assert.deepEqual(
      paths.toSorted(),
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'index.d.ts',
        'testing.d.ts',
        'testing.js',
        'index.js',
        'package.json',
        'session/cookie.js',
        'session/memory.js',
        'session/session.js',
        'session/store.js',
        ...lib
      ].toSorted()
    )
    assert.ok(
      lib.every(
        (file) =>
          /^lib\/(?:[a-z]+\/)?(?:[a-z\d]+-)*[a-z\d]+\.js$/.test(file) && !/\btest\b/.test(file)
      ),
      `lib/ has other files than the package's own scripts: ${lib.join(', ')}`
    )
  })

  test('the version satisfies what stores ask of express-session', () => {
    const [major, minor, patch] = manifest.version.split('.').map(Number)

    assert.equal(major, 1)
    assert.ok(minor > 17 || (minor === 17 && patch >= 1), `${manifest.version} is below 1.17.1`)
  })

  test('no exports map keeps anyone from requiring a file', () => {
    assert.equal('exports' in manifest, false)
  })

  test('it depends on the packages that it requires, and on no others', () => {
    const scripts = fs
      .readdirSync(packed, { recursive: true })
      .filter((path) => path.endsWith('.js'))
    const required = scripts.flatMap((path) =>
      [...fs.readFileSync(join(packed, path), 'utf8').matchAll(/\brequire\('([^'.][^']*)'\)/g)]
        .map(([, name]) => name)
        // The packages of platforms are optional.
        .filter((name) => !isBuiltin(name) && !name.startsWith('@express-session-native/'))
    )

    // Package managers that keep to what is declared let a package load nothing else.
    assert.deepEqual(
      [...new Set(required)].toSorted(),
      Object.keys(manifest.dependencies).toSorted()
    )
  })

  test('no script runs when the package is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      assert.equal(manifest.scripts[script], undefined, script)
    }
  })
})

describe('installed under the name express-session', () => {
  let app

  before(() => (app = install('app')))

  test('deep requires resolve, with and without the extension', () => {
    const resolved = node(
      app,
      'deep.js',
      `
      const session = require('express-session')
      const classes = { store: 'Store', cookie: 'Cookie', session: 'Session', memory: 'MemoryStore' }
      const same = Object.entries(classes).map(([file, name]) => [
        require('express-session/session/' + file) === session[name],
        require('express-session/session/' + file + '.js') === session[name]
      ])
      console.log(JSON.stringify({
        same,
        index: require('express-session/index.js') === session,
        version: require('express-session/package.json').version
      }))`
    )

    assert.deepEqual(resolved, {
      same: Array.from({ length: 4 }, () => [true, true]),
      index: true,
      version: manifest.version
    })
  })

  test('ES modules import the function and the classes by name', () => {
    const imported = node(
      app,
      'named.mjs',
      `
      import session, { Store, MemoryStore, Cookie, Session } from 'express-session'
      import OnlyStore from 'express-session/session/store.js'
      console.log(JSON.stringify({
        types: [session, Store, MemoryStore, Cookie, Session].map((each) => typeof each),
        same: [
          session.Store === Store,
          session.MemoryStore === MemoryStore,
          session.Cookie === Cookie,
          session.Session === Session,
          OnlyStore === Store
        ],
        middleware: typeof session({ secret: 's', resave: false, saveUninitialized: false })
      }))`
    )

    assert.deepEqual(imported, {
      types: Array(5).fill('function'),
      same: Array(5).fill(true),
      middleware: 'function'
    })
  })
})

test('two copies in one process serve with the stores of each other', () => {
  install('copies/one')
  install('copies/two')
  const { distinct, answers } = node(
    join(scratch, 'copies'),
    'serve.js',
    `
    const http = require('node:http')
    const one = require('./one/node_modules/express-session')
    const two = require('./two/node_modules/express-session')

    class PlainStore extends two.Store {
      rows = new Map()
      get(sid, callback) { callback(null, this.rows.has(sid) ? JSON.parse(this.rows.get(sid)) : null) }
      set(sid, data, callback) { this.rows.set(sid, JSON.stringify(data)); callback() }
      destroy(sid, callback) { this.rows.delete(sid); callback() }
    }

    async function visits(session, store) {
      const middleware = session({ secret: 's', resave: false, saveUninitialized: false, store })
      const server = http.createServer((req, res) => {
        middleware(req, res, (error) => {
          if (error) return res.end(String(error))
          req.session.visits = (req.session.visits ?? 0) + 1
          res.end(String(req.session.visits))
        })
      })
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const url = 'http://127.0.0.1:' + server.address().port
      const first = await fetch(url)
      const cookie = first.headers.get('set-cookie').split(';')[0]
      const second = await fetch(url, { headers: { cookie } })
      const answers = [await first.text(), await second.text()]
      server.close()
      server.closeAllConnections()
      return answers
    }

    async function main() {
      const answers = [
        await visits(one, new two.MemoryStore()),
        await visits(two, new one.MemoryStore()),
        await visits(one, new PlainStore())
      ]
      console.log(JSON.stringify({ distinct: one !== two, answers }))
    }

    main()`
  )

  assert.equal(distinct, true)
  assert.deepEqual(
    answers,
    Array.from({ length: 3 }, () => ['1', '2'])
  )
})
