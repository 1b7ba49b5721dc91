'use strict'

const assert = require('node:assert')
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { test } = require('node:test')

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

test('unsafe blocks of the binding are in one file, and each says why it is sound', () => {
  const found = sources('binding').flatMap(([file, text]) =>
    unsafeLines(text).map(({ line, comment }) => ({ file, line, comment }))
  )
  for (const { file, line, comment } of found) {
    assert.strictEqual(file, 'binding/text.rs', `${file} is not in docs/security.md: ${line}`)
    // A function of a trait of napi's, whose callers have to vouch for what they pass.
    const isOfTrait = /^unsafe fn (from|to)_napi_value\(/.test(line)
    assert.ok(isOfTrait || comment.includes('SAFETY:'), `${file} does not say why: ${line}`)
  }
  // docs/security.md has them all.
  assert.deepStrictEqual([found.length, found.filter(({ comment }) => comment).length], [6, 4])
})
