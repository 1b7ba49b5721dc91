'use strict'

const assert = require('node:assert/strict')
const { exchange } = require('../exchange')
const { OPTIONS: USUAL, shown } = require('../looks')
const { plain } = require('../plain')
const { open, returning } = require('../site')

// A session that is read only after some time, or after the response has ended, is what it would have
// been at once: its expiry counts from where it counts with express-session.

const STEP = 1000

const OPTIONS = {
  ...USUAL,
  'a cookie that expires and is not renewed': {
    saveUninitialized: false,
    cookie: { maxAge: 60_000 }
  },
  'a new cookie each time': { saveUninitialized: true, cookie: { maxAge: 60_000 } }
}

// When time passes, and when the session is looked at.
const COURSES = {
  'in the handler, which begins late': ['wait', 'look', 'end'],
  'after the end': ['end', 'look'],
  'some time after the end': ['end', 'wait', 'look'],
  'some time after the end of a handler that took time': ['wait', 'end', 'wait', 'look'],
  'twice after the end, with time between': ['end', 'wait', 'look', 'wait', 'look'],
  'before and after the end, with time between': ['look', 'wait', 'end', 'wait', 'look'],
  'after the end, by a clock that gives no number': ['end', 'odd clock', 'look'],
  'after the end, when it is saved': ['end', 'wait', 'save', 'look'],
  'after the end, when it is reloaded': ['end', 'wait', 'reload', 'look'],
  'after the head was written': ['head', 'wait', 'look', 'end'],
  'after the head was written, and then changed': ['head', 'wait', 'change', 'end', 'wait', 'look'],
  'after another of the same id was put in its place': ['wait', 'replace', 'end', 'wait', 'look'],
  'after another of the same id was put in its place when it had ended': [
    'end',
    'wait',
    'replace',
    'look'
  ],
  never: ['wait', 'end', 'wait']
}

const ACTS = {
  change: ({ req }) => {
    req.session.late = true
  },
  end: ({ res }) => res.end('body'),
  head: ({ res }) => res.writeHead(200),
  look: ({ req, log }) => log.add('look', shown(req.session), plain(req.session.cookie.maxAge)),
  'odd clock': () => {
    Date.now = () => undefined
  },
  reload: ({ req }) => new Promise((resolve) => req.session.reload(resolve)),
  replace: ({ req }) =>
    new Promise((resolve) => {
      req.sessionStore.get(req.sessionID, (error, data) => {
        if (data) req.sessionStore.createSession(req, data)
        resolve()
      })
    }),
  save: ({ req }) => new Promise((resolve) => req.session.save(resolve)),
  wait: ({ clock }) => clock.advance(STEP)
}

async function takes(session, clock, options, course) {
  const recording = {}
  const right = Date.now
  for (const [who, request] of Object.entries({ fresh: {}, known: returning() })) {
    const site = open(session, { memory: true, options })
    const cookie = new session.Cookie({ maxAge: options.cookie?.maxAge ?? null })
    await new Promise((resolve) => site.store.set('known', { cookie, user: 'tobi' }, resolve))
    clock.advance(STEP)
    try {
      recording[who] = await exchange(site.middleware, {
        log: site.log,
        ...request,
        async handle(req, res, log) {
          for (const act of course) await ACTS[act]({ clock, log, req, res })
        }
      })
    } finally {
      Date.now = right
    }
    recording[who].contents = site.contents()
  }
  return recording
}

// What a stored cookie may lack, or have in the place of what it should have.
const ATTRIBUTES = {
  'no path': { path: undefined },
  'no httpOnly': { httpOnly: undefined },
  'neither of them': { path: undefined, httpOnly: undefined },
  'a path of null': { path: null },
  'an httpOnly of null': { httpOnly: null },
  'a sameSite of null': { sameSite: null },
  'a domain and no path': { domain: 'example.com', path: undefined }
}

// With what of these a cookie is made, it cannot be renewed at the end.
const UNUSUAL = {
  'an expiry of text': { expires: '2030-01-01T12:01:00.250Z' },
  'an expiry of true': { expires: true },
  'an expiry of a number': { expires: 60_000 },
  'an invalid expiry': { expires: new Date(NaN) },
  'an original maxAge of text': { originalMaxAge: 'x' },
  'an original maxAge of its own': { originalMaxAge: 5000, maxAge: 60_000 }
}

const HANDLERS = { read: (req) => req.session.user, 'not looked at': () => {} }

module.exports = [
  ...Object.entries(COURSES).map(([when, course]) => ({
    name: `a session is the same when it is looked at ${when}`,
    async run(session, { clock }) {
      const recording = {}
      for (const [label, options] of Object.entries(OPTIONS)) {
        recording[label] = await takes(session, clock, options, course)
      }
      return recording
    },
    expect(recording) {
      for (const { fresh, known } of Object.values(recording)) {
        assert.ok(fresh.finished && known.finished)
      }
    }
  })),
  ...Object.entries(UNUSUAL).map(([what, cookie]) => ({
    name: `a new session with ${what} is the same, looked at or not`,
    async run(session, { clock }) {
      const recording = {}
      for (const [label, options] of Object.entries(USUAL)) {
        for (const when of ['never', 'after the end', 'some time after the end']) {
          const all = { ...options, cookie }
          recording[`${when}, with ${label}`] = await takes(session, clock, all, COURSES[when])
        }
      }
      return recording
    },
    expect(recording) {
      for (const { fresh } of Object.values(recording)) assert.ok(fresh.log.length > 0)
    }
  })),
  ...Object.entries(ATTRIBUTES).map(([what, attributes]) => ({
    name: `a stored cookie with ${what} is the same after a request`,
    async run(session) {
      const recording = {}
      for (const [label, options] of Object.entries(OPTIONS)) {
        for (const [how, act] of Object.entries(HANDLERS)) {
          const site = open(session, { memory: true, options })
          const cookie = new session.Cookie({ maxAge: options.cookie?.maxAge ?? null })
          const held = { cookie: Object.assign(cookie, attributes), user: 'tobi' }
          await new Promise((resolve) => site.store.set('known', held, resolve))
          const visit = await site.visit({
            ...returning(),
            handle(req, res) {
              act(req)
              res.end()
            }
          })
          recording[`${how}, with ${label}`] = [visit, site.contents()]
        }
      }
      return recording
    },
    expect(recording) {
      for (const [{ finished }] of Object.values(recording)) assert.ok(finished)
    }
  }))
]
