'use strict'

const assert = require('node:assert')
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')
const { engine } = require('./support/engine')

const src = join(__dirname, '../src')

/** The code of each Rust file below a folder, by path, without comments. */
function sources(folder) {
  return readdirSync(join(src, folder), { recursive: true })
    .filter((file) => file.endsWith('.rs'))
    .map((file) => [
      `${folder}/${file.replaceAll('\\', '/')}`,
      readFileSync(join(src, folder, file), 'utf8')
    ])
}

/** Lines of code that say `unsafe`, each with the lines of comment right above it. */
function unsafeLines(text) {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!/\bunsafe\b/.test(line.replace(/\/\/.*/, ''))) return []
    let first = index
    while (/^\s*\/\//.test(lines[first - 1] ?? '')) first--
    return [{ line: line.trim(), comment: lines.slice(first, index).join(' ') }]
  })
}

test('the engine has no unsafe code, and may not have any', () => {
  const engine = sources('engine')
  assert.match(engine.find(([file]) => file === 'engine/mod.rs')[1], /#!\[forbid\(unsafe_code\)\]/)
  for (const [file, text] of engine) {
    const found = unsafeLines(text.replace('forbid(unsafe_code)', ''))
    assert.deepStrictEqual(found, [], file)
  }
})

test('unsafe code of the binding is in two files, says why it is sound, and is in docs/security.md', () => {
  const found = sources('binding').flatMap(([file, text]) =>
    unsafeLines(text).map(({ line, comment }) => ({ file, line, comment }))
  )
  const document = readFileSync(join(src, '../docs/security.md'), 'utf8')
  assert.ok(found.length >= 6)
  for (const { file, line, comment } of found) {
    assert.ok(['binding/numbers.rs', 'binding/strings.rs'].includes(file), line)
    const [, name] = /^unsafe fn (\w+)/.exec(line) ?? []
    // Functions of napi's traits; their callers have to vouch for what they pass.
    if (name === 'from_napi_value' || name === 'to_napi_value') continue
    assert.match(comment, name ? /# Safety/ : /SAFETY:/, `${file} does not say why: ${line}`)
    if (name) assert.ok(document.includes(`\`${name}\``), `${name} is not in docs/security.md`)
  }
  const text = sources('binding')
    .map(([, code]) => code)
    .join('\n')
  for (const [, name] of text.matchAll(/sys::(napi_\w*(?:string|buffer)\w+)/g)) {
    assert.ok(document.includes(`\`${name}\``), `${name} is not in docs/security.md`)
  }
})

test('unsafe code for WebAssembly is where random bytes come from, and in attributes', () => {
  const found = sources('wasm').flatMap(([file, text]) =>
    unsafeLines(text.replaceAll('unsafe(no_mangle)', '')).map(({ line }) => `${file}: ${line}`)
  )
  assert.ok(found.length > 0)
  for (const place of found) assert.match(place, /^wasm\/random\.rs: /)
})

test('every export catches panics', { skip: engine === 'native' ? false : 'not here' }, () => {
  let exported = 0
  const published = sources('binding').filter(([file]) => !file.includes('panic_probe'))
  for (const [file, text] of published) {
    for (const [, settings] of text.matchAll(/#\[napi\b([^\]]*)\]\s*(?:#\[[^\]]*\]\s*)*pub fn/g)) {
      assert.match(settings, /\bcatch_unwind\b/, file)
      exported++
    }
  }
  const functions = Object.values(require('../lib/native')).filter(
    (found) => typeof found === 'function'
  )
  assert.strictEqual(exported, functions.length)
})
