// The packages as they are published: the main one, and one for each platform with a library.

import fs from 'node:fs'
import path from 'node:path'
import { ROOT, SCOPE, TARGETS, libraryName } from './targets.mjs'
import { run } from './tools.mjs'

/**
 * Packs the main package, and those of the platforms with these libraries.
 *
 * @param {string} into A folder for the tarballs.
 * @param {Array<{ name: string, file: string }>} libraries The targets and their files.
 * @returns {Array<{ manifest: object, file: string, size: number, unpackedSize: number }>} The tarballs. The main
 *   package comes first.
 */
export function pack(into, libraries) {
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  fs.mkdirSync(into, { recursive: true })
  return [
    packMain(into, manifest),
    ...libraries.map(({ file, name }) => packPlatform(into, manifest, name, file))
  ]
}

/** The main package asks for the libraries of all platforms, of which npm installs the one that fits. */
function packMain(into, manifest) {
  const published = { ...manifest }
  for (const name of ['devDependencies', 'napi', 'scripts']) delete published[name]
  const platforms = Object.keys(TARGETS).filter((name) => name !== 'wasm')
  published.optionalDependencies = Object.fromEntries(
    platforms.map((name) => [`${SCOPE}/${name}`, manifest.version])
  )
  const files = [...manifest.files, 'README.md', 'LICENSE']
  return packFiles(into, published, (folder) => {
    for (const file of files) {
      fs.cpSync(path.join(ROOT, file), path.join(folder, file), { recursive: true })
    }
  })
}

function packPlatform(into, manifest, name, file) {
  const { cpu, libc, os } = TARGETS[name]
  const { author, bugs, homepage, license, repository, version } = manifest
  const own = {
    name: `${SCOPE}/${name}`,
    version,
    description: `The native library of ${manifest.name} for ${name}`,
    license,
    author,
    homepage,
    bugs,
    repository,
    os: [os],
    cpu: [cpu],
    libc: [libc],
    main: libraryName(name),
    files: [libraryName(name)]
  }
  const readme = `The native library of \`${manifest.name}\` for ${name}, which is installed with that package.\n`
  return packFiles(into, own, (folder) => {
    fs.writeFileSync(path.join(folder, 'README.md'), readme)
    fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'))
    fs.copyFileSync(file, path.join(folder, libraryName(name)))
  })
}

function packFiles(into, manifest, fill) {
  const folder = fs.mkdtempSync(path.join(into, 'package-'))
  try {
    fill(folder)
    fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    const args = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', into]
    const [{ filename, size, unpackedSize }] = JSON.parse(run('npm', args, { cwd: folder }))
    return { manifest, file: path.join(into, filename), size, unpackedSize }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}
