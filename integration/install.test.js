'use strict'

// The package as people install it: from a registry, by each package manager, under each name.

const assert = require('node:assert/strict')
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { after, before, describe, test } = require('node:test')
const { devDependencies } = require('../package.json')
const { MANAGERS } = require('./install/managers')
const { open } = require('./install/workplace')
const { libc } = require('../lib/libc')

const { ONLY } = process.env
const ALIAS = 'npm:express-session-native@^1.19.0'
const OVERRIDES = { 'express-session': ALIAS }
const UNDER_THE_ALIAS = `express-session@${ALIAS}`
const STORE = 'plain-session-store'
const ANSWERS = ['welcome', 'ada', 'nobody']
const BENEATH = { beneath: 'express-session-native', kept: 1, answers: ANSWERS }

const hasWasm = existsSync(join(__dirname, '..', 'lib', 'wasm', 'engine.js'))
const NO_WASM = 'lib/wasm/engine.js was not built: npm run build:all wasm'

/** The package that npm installs here. */
const platform = `${process.platform}-${process.arch}-${libc()}`

let workplace
let registered = 0

before(async () => (workplace = await open()))
after(() => workplace?.close())

/** A test that is skipped, with the reason, where a tool that it needs cannot be had. */
function testWith(tool, sentence, body) {
  if (ONLY && !`${tool} ${sentence}`.includes(ONLY)) return
  registered += 1
  test(sentence, async (t) => {
    const { missing } = workplace.tools.get(tool)
    if (missing) return t.skip(missing)
    await body(t)
  })
}

/** What a program reports that has got this package, whole. */
function ours(engine = 'native') {
  const same = { store: true, memory: true, cookie: true, session: true }
  const { name, version } = workplace.manifest
  return { engine, name, version, same, answers: ANSWERS }
}

async function assertOurs(project, engine) {
  assert.deepEqual(await project.report('required.cjs'), ours(engine), 'required')
  assert.deepEqual(await project.report('imported.mjs'), ours(engine), 'imported')
}

/** The packages with libraries that were installed. */
const platforms = (project) => project.folders('node_modules/@express-session-native')

describe('under its own name', () => {
  testWith('npm', 'the tarball installs without any script', async () => {
    const project = workplace.project('npm', { name: 'express-session-native' })
    await project.add('--ignore-scripts', workplace.tarball)

    await assertOurs(project)
    assert.deepEqual(platforms(project), [platform])
    const { packages } = JSON.parse(project.read('package-lock.json'))
    assert.ok(packages['node_modules/express-session-native'])
    for (const [path, { hasInstallScript }] of Object.entries(packages)) {
      assert.equal(hasInstallScript, undefined, `${path} has a script that runs when installed`)
    }
  })

  testWith(
    'npm',
    'it takes the stores that others wrote, and overrides what these bring',
    async () => {
      const settings = { name: 'express-session-native', overrides: OVERRIDES }
      const project = workplace.project('npm', settings)
      await project.add('express-session-native', STORE)

      await assertOurs(project)
      // Two copies of this package: one is called express-session.
      assert.deepEqual(await project.report('beneath.cjs'), { ...BENEATH, same: false })
      assert.deepEqual(project.genuineCopies(), [])
    }
  )
})

describe('without the library of this platform', () => {
  const wasm = (title, body) =>
    testWith('npm', title, async (t) => {
      if (!hasWasm) return t.skip(NO_WASM)
      await body()
    })

  wasm('it works as WebAssembly, with --omit=optional', async () => {
    const project = workplace.project('npm')
    await project.add('--omit=optional', UNDER_THE_ALIAS)
    await assertOurs(project, 'wasm')
    assert.deepEqual(platforms(project), [])
  })

  wasm('it works as WebAssembly, installed for another operating system', async () => {
    const project = workplace.project('npm')
    await project.add('--os=darwin', '--cpu=arm64', UNDER_THE_ALIAS)
    await assertOurs(project, 'wasm')
    // The lockfile has all platforms.
    await project.manage('ci')
    await assertOurs(project, 'native')
  })

  wasm('it works as WebAssembly, from a lockfile that lacks this platform', async () => {
    const project = workplace.project('npm')
    await project.add(UNDER_THE_ALIAS)
    const lockfile = JSON.parse(project.read('package-lock.json'))
    for (const path of Object.keys(lockfile.packages)) {
      if (path.includes('@express-session-native/')) delete lockfile.packages[path]
    }
    const { optionalDependencies: all } = lockfile.packages['node_modules/express-session']
    assert.ok(all[`@express-session-native/${platform}`])
    project.write('package-lock.json', JSON.stringify(lockfile))
    // npm notices that the lockfile is not complete, or installs what is in it.
    await project.manage('ci').catch(() => project.manage('install', '--omit=optional'))
    await assertOurs(project, platforms(project).length > 0 ? 'native' : 'wasm')
  })

  for (const format of ['cjs', 'esm']) {
    testWith('esbuild', `esbuild bundles all of it but the libraries, as ${format}`, async (t) => {
      if (!hasWasm) return t.skip(NO_WASM)
      const project = workplace.project('npm')
      await project.add(UNDER_THE_ALIAS)
      const { command } = workplace.tools.get('esbuild')
      const entry = format === 'cjs' ? 'bundled.cjs' : 'bundled.mjs'
      const banner = `--banner:js=import { createRequire } from 'module'; const require = createRequire(import.meta.url);`
      const options = ['--bundle', '--platform=node', `--format=${format}`]
      const external = '--external:@express-session-native/*'
      await project.node(
        ...command.slice(1),
        entry,
        ...options,
        external,
        `--outfile=out/${entry}`,
        ...(format === 'esm' ? [banner] : [])
      )
      // Beside node_modules, and alone.
      const bundled = { answers: ANSWERS }
      assert.deepEqual(await project.report(`out/${entry}`), { engine: 'native', ...bundled })
      project.remove('node_modules')
      assert.deepEqual(await project.report(`out/${entry}`), { engine: 'wasm', ...bundled })
    })
  }
})

describe('in a bundle', () => {
  const external = '[/^@express-session-native\\//]'
  const bundlers = {
    Vite: {
      config: 'vite.config.mjs',
      text: `export default {
        ssr: { noExternal: true },
        build: { rollupOptions: { external: ${external} } }
      }`,
      args: ['build', '--ssr', 'bundled.mjs', '--outDir', 'out'],
      out: 'out/bundled.mjs'
    },
    webpack: {
      config: 'webpack.config.cjs',
      text: `module.exports = {
        mode: 'production',
        target: 'node20',
        entry: './bundled.cjs',
        output: { path: __dirname + '/out' },
        externals: ${external},
        externalsType: 'commonjs'
      }`,
      args: ['--config', 'webpack.config.cjs'],
      out: 'out/main.js'
    }
  }
  for (const [bundler, { args, config, out, text }] of Object.entries(bundlers)) {
    testWith(bundler, `it works with the library beside ${bundler}'s, and without`, async (t) => {
      if (!hasWasm) return t.skip(NO_WASM)
      const project = workplace.project('npm')
      await project.add(UNDER_THE_ALIAS)
      project.write(config, text)
      await project.node(...workplace.tools.get(bundler).command.slice(1), ...args)
      const bundled = { answers: ANSWERS }
      assert.deepEqual(await project.report(out), { engine: 'native', ...bundled })
      project.remove('node_modules')
      assert.deepEqual(await project.report(out), { engine: 'wasm', ...bundled })
    })
  }
})

describe('under the alias', () => {
  for (const [title, { tool, overriding }] of Object.entries(MANAGERS)) {
    testWith(tool, `${title} installs it, and by ${overriding} beneath a store`, async () => {
      const project = workplace.project(title, { overrides: OVERRIDES })
      await project.add(UNDER_THE_ALIAS, STORE)

      await assertOurs(project)
      assert.deepEqual(await project.report('beneath.cjs'), { ...BENEATH, same: true })
      assert.deepEqual(project.genuineCopies(), [])
    })
  }

  // The others do so only as long as no newer express-session is published, or not at all.
  testWith('npm', 'a store gets it from npm without an override', async () => {
    const project = workplace.project('npm')
    await project.add(UNDER_THE_ALIAS, STORE)

    assert.deepEqual(await project.report('beneath.cjs'), { ...BENEATH, same: true })
    assert.deepEqual(project.genuineCopies(), [])
  })

  for (const title of ['pnpm 10', 'pnpm 12', 'yarn 4', "yarn 4 with Plug'n'Play"]) {
    testWith(
      MANAGERS[title].tool,
      `a store that ${title} gives a genuine copy serves all the same`,
      async () => {
        const project = workplace.project(title)
        await project.add(UNDER_THE_ALIAS, STORE)

        await assertOurs(project)
        const mixed = { ...BENEATH, beneath: 'express-session', same: false }
        assert.deepEqual(await project.report('beneath.cjs'), mixed)
        assert.equal(project.genuineCopies().length, 1)
      }
    )
  }
})

describe('in a project that is built', () => {
  let project

  before(async () => {
    const types = ['express', '@types/express', '@types/node'].map(
      (name) => `${name}@${devDependencies[name]}`
    )
    project = workplace.project('npm')
    await project.add(UNDER_THE_ALIAS, ...types)
  })

  for (const [format, entry] of [
    ['cjs', 'required.cjs'],
    ['esm', 'imported.mjs']
  ]) {
    testWith('esbuild', `esbuild bundles it as an external, as ${format}`, async () => {
      const { command } = workplace.tools.get('esbuild')
      const bundle = `bundle-${entry}`
      const options = ['--platform=node', '--external:express-session', `--format=${format}`]
      await project.node(...command.slice(1), entry, '--bundle', `--outfile=${bundle}`, ...options)

      assert.match(project.read(bundle), /(?:require\(|from )"express-session"/)
      assert.deepEqual(await project.report(bundle), ours())
    })
  }

  // What is compiled with which: the extension decides whether a module is made of nodenext.
  const sources = [
    { module: 'nodenext', source: 'typed.mts', compiled: 'typed.mjs' },
    { module: 'nodenext', source: 'typed.ts', compiled: 'typed.js' },
    { module: 'commonjs', source: 'typed.ts', compiled: 'typed.js' }
  ]
  for (const compiler of ['TypeScript 5', "this repository's TypeScript"]) {
    for (const { module, source, compiled } of sources) {
      testWith(compiler, `${compiler} compiles ${source} to ${module}, and it runs`, async () => {
        const out = `${compiler}-${source}-${module}`.replaceAll(/[^\w.-]/g, '-')
        const compilerOptions = {
          module,
          target: 'es2022',
          strict: true,
          esModuleInterop: true,
          types: ['node'],
          outDir: out
        }
        project.write(source, project.read('typed.ts'))
        project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [source] }))
        await project.node(...workplace.tools.get(compiler).command.slice(1), '--project', '.')

        const reported = await project.report(`${out}/${compiled}`)
        assert.deepEqual(reported, { same: true, saves: 1, minutes: 1, answers: ANSWERS })
      })
    }
  }
})

describe('what stores ask of express-session', () => {
  // Each version that was the newest when this was written: what is later may ask for more. And no
  // overrides, as with them package managers do not look at what was asked for.
  const manifest = {
    dependencies: {
      'express-session': ALIAS,
      'better-sqlite3-session-store': '0.1.0',
      'connect-memcached': '3.0.0',
      'connect-pg-simple': '10.0.0',
      'connect-redis': '9.0.0',
      'connect-session-knex': '5.0.0',
      'connect-session-sequelize': '7.1.7',
      'connect-sqlite3': '0.9.18',
      'connect-typeorm': '2.0.0',
      'express-mysql-session': '3.0.3',
      memorystore: '1.6.8',
      'session-file-store': '1.5.0',
      // What some of them want as a peer themselves.
      redis: '5.9.0',
      sequelize: '6.37.7',
      typeorm: '0.3.27'
    }
  }

  testWith('npm', 'npm resolves all of them without a conflict, to this package', async () => {
    const project = workplace.project('npm', { manifest })
    await project.manage('install', '--package-lock-only', '--strict-peer-deps')

    const copies = Object.entries(JSON.parse(project.read('package-lock.json')).packages)
      .filter(([path]) => path.endsWith('node_modules/express-session'))
      .map(([path, { name }]) => [path, name])
    assert.deepEqual(copies, [['node_modules/express-session', 'express-session-native']])
  })

  testWith('pnpm 10', 'pnpm finds that this package is the peer they want', async () => {
    const settings = { strictPeerDependencies: true }
    const project = workplace.project('pnpm 10', { manifest, settings })
    await project.manage('install', '--lockfile-only')

    const lockfile = project.read('pnpm-lock.yaml')
    assert.match(lockfile, /^ {2}connect-redis@\S+\(express-session-native@1\./m)
    assert.match(lockfile, /^ {2}connect-sqlite3@\S+\(express-session-native@1\./m)
  })
})

// A test, as an error thrown here would keep the temporary folder from being removed.
if (registered === 0) {
  test('a test is chosen', () => assert.fail(`no test has a name with ${ONLY} in it`))
}
