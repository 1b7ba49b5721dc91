'use strict'

const { createHash } = require('node:crypto')
const { once } = require('node:events')
const { readFileSync } = require('node:fs')
const http = require('node:http')
const { basename } = require('node:path')

// Some package managers refuse what is too new, and nothing of this is about that.
const PUBLISHED = '2020-01-01T00:00:00.000Z'

function packument({ manifest, tarball }, url) {
  const { name, version } = manifest
  const hash = (algorithm, encoding) => createHash(algorithm).update(tarball).digest(encoding)

  return {
    name,
    'dist-tags': { latest: version },
    time: { created: PUBLISHED, modified: PUBLISHED, [version]: PUBLISHED },
    versions: {
      [version]: {
        ...manifest,
        _id: `${name}@${version}`,
        dist: {
          tarball: `${url}/${name}/-/${basename(name)}-${version}.tgz`,
          shasum: hash('sha1', 'hex'),
          integrity: `sha512-${hash('sha512', 'base64')}`
        }
      }
    }
  }
}

/**
 * Serves packages on loopback as an npm registry does, so that aliases and overrides can be tried
 * with packages that are published nowhere. Asked for anything else it names another registry.
 *
 * @param {{ manifest: object, file: string }[]} packages Each with its tarball.
 * @param {string} upstream The registry that has the others.
 */
async function serve(packages, upstream) {
  const own = new Map(
    packages.map(({ manifest, file }) => [manifest.name, { manifest, tarball: readFileSync(file) }])
  )
  const server = http.createServer((req, res) => {
    const path = decodeURIComponent(new URL(req.url, 'http://loopback').pathname).slice(1)
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(path) ?? []
    const found = own.get(name)
    const isOurs = name?.startsWith('@express-session-native/')

    if (!found && isOurs) {
      // A platform whose library was not built.
      res.writeHead(404).end()
    } else if (!found) {
      // Not fetched from here: only the package manager knows of proxies and certificates.
      res.writeHead(302, { location: upstream.replace(/\/$/, '') + req.url }).end()
    } else if (rest === '') {
      res.setHeader('content-type', 'application/json')
      res.end(JSON.stringify(packument(found, url)))
    } else if (rest === `-/${basename(name)}-${found.manifest.version}.tgz`) {
      res.setHeader('content-type', 'application/octet-stream')
      res.end(found.tarball)
    } else {
      res.writeHead(404).end()
    }
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`

  return {
    url,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

module.exports = { serve }
