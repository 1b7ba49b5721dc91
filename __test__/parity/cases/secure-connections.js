'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { open, returning, storedSession } = require('../site')

const PROXY = { unset: undefined, true: true, false: false, text: 'true', one: 1, null: null }

const COOKIES = {
  secure: { secure: true },
  auto: { secure: 'auto' },
  sameSite: { sameSite: 'auto' },
  both: { secure: 'auto', sameSite: 'auto', maxAge: 1000 }
}

const REQUESTS = {
  plain: {},
  encrypted: { encrypted: true },
  'x-forwarded-proto: https': { headers: { 'x-forwarded-proto': 'https' } },
  'x-forwarded-proto: http': { headers: { 'x-forwarded-proto': 'http' } },
  'x-forwarded-proto: HTTPS , http': { headers: { 'x-forwarded-proto': ' HTTPS , http' } },
  'x-forwarded-proto: http,https': { headers: { 'x-forwarded-proto': 'http,https' } },
  'x-forwarded-proto: ,https': { headers: { 'x-forwarded-proto': ',https' } },
  'x-forwarded-proto: wss': { headers: { 'x-forwarded-proto': 'wss' } },
  'x-forwarded-proto empty': { headers: { 'x-forwarded-proto': '' } },
  'x-forwarded-proto with tabs': { headers: { 'x-forwarded-proto': '\thttps\u00a0,x' } },
  'x-forwarded-proto list': { headers: { 'x-forwarded-proto': ['https', 'http'] } },
  'req.secure': { prepare: (req) => (req.secure = true) },
  'req.secure 1': { prepare: (req) => (req.secure = 1) },
  'req.secure false over TLS': { encrypted: true, prepare: (req) => (req.secure = false) },
  'req.secure and forwarded http': {
    headers: { 'x-forwarded-proto': 'http' },
    prepare: (req) => (req.secure = true)
  }
}

function isSecure(proxy, label) {
  if (label === 'encrypted' || label.includes('over TLS')) return true
  if (proxy === true) return /: (https$|HTTPS)|tabs/.test(label)
  if (proxy === false) return false
  return label === 'req.secure' || label === 'req.secure and forwarded http'
}

function handle(req, res, log) {
  log.add('secure', req.session.cookie.secure, req.session.cookie.sameSite)
  res.end()
}

module.exports = [
  ...Object.entries(PROXY).flatMap(([proxyLabel, proxy]) =>
    Object.entries(COOKIES).map(([label, cookie]) => ({
      name: `whether the connection is secure decides, with proxy ${proxyLabel}, cookie ${label}`,
      async run(session) {
        const recording = {}
        for (const [name, request] of Object.entries(REQUESTS)) {
          const site = open(session, { options: { proxy, cookie } })
          recording[name] = await site.visit({ ...request, handle })
        }
        return recording
      },
      expect(recording) {
        for (const name of Object.keys(REQUESTS)) {
          // a header list has no toLowerCase, and is not what node gives for this header
          if (name.endsWith('list') && proxy === true) continue
          const secure = isSecure(proxy, name)
          const [header = ''] = setCookies(recording[name])
          if (label === 'secure') assert.equal(header !== '', secure, name)
          if (label === 'auto') assert.equal(header.includes('; Secure'), secure, name)
          if (label === 'sameSite') {
            assert.ok(header.includes(`SameSite=${secure ? 'None' : 'Lax'}`), name)
          }
        }
      }
    }))
  ),
  {
    name: 'a session is saved although its secure cookie is not sent over plain http',
    run: (session) => open(session, { options: { cookie: { secure: true } } }).visit(),
    expect(recording) {
      assert.deepEqual(setCookies(recording), [])
      assert.deepEqual(names(recording.log, 'store.'), ['store.set'])
    }
  },
  {
    name: 'loaded sessions keep what is stored instead of secure and sameSite auto',
    async run(session) {
      const recording = {}
      for (const [label, cookie] of Object.entries({
        nothing: {},
        'secure true': { secure: true },
        'secure auto': { secure: 'auto' },
        'sameSite auto': { sameSite: 'auto' },
        'secure false, sameSite none': { secure: false, sameSite: 'none' }
      })) {
        for (const encrypted of [true, false]) {
          const site = open(session, {
            options: { rolling: true, cookie: { secure: 'auto', sameSite: 'auto' } },
            store: { data: { known: storedSession({}, cookie) } }
          })
          recording[`${label}, ${encrypted}`] = await site.visit(
            returning('known', { encrypted, handle })
          )
        }
      }
      return recording
    },
    expect(recording) {
      assert.ok(!setCookies(recording['nothing, true'])[0].includes('Secure'))
      assert.ok(setCookies(recording['secure auto, true'])[0].includes('; Secure'))
      assert.deepEqual(setCookies(recording['secure auto, false']), [])
      assert.equal(recording['sameSite auto, true'].log.at(-1)[1].error, 'TypeError')
    }
  },
  {
    name: 'secure set in the handler is checked when the head is written',
    async run(session) {
      const recording = {}
      for (const encrypted of [true, false]) {
        recording[encrypted] = await open(session).visit({
          encrypted,
          handle(req, res) {
            req.session.cookie.secure = true
            res.end()
          }
        })
      }
      return recording
    },
    expect(recording) {
      assert.match(setCookies(recording.true)[0], /; Secure/)
      assert.deepEqual(setCookies(recording.false), [])
    }
  },
  {
    name: 'regenerated sessions have secure and sameSite auto resolved again',
    async run(session) {
      const site = open(session, {
        options: { proxy: true, cookie: { secure: 'auto', sameSite: 'auto' } }
      })
      return site.visit({
        handle(req, res) {
          req.headers['x-forwarded-proto'] = 'https'
          req.session.regenerate(() => res.end())
        }
      })
    },
    expect(recording) {
      assert.match(setCookies(recording)[0], /; Secure; SameSite=None$/)
    }
  }
]
