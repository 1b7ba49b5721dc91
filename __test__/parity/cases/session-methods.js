'use strict'

const assert = require('node:assert/strict')
const { setCookies } = require('../exchange')
const { names } = require('../log')
const { plain } = require('../plain')
const { open, returning, storedSession } = require('../site')
const { TIMINGS } = require('../stores')

// Calls a method with a callback which writes down how it was called, and waits for it.
function call(req, log, method, ...more) {
  return new Promise((resolve) => {
    const before = req.session
    const result = before[method](
      function (...args) {
        log.add(`${method} calls back`, args, {
          count: args.length,
          sameSession: req.session === before,
          id: req.session?.id
        })
        resolve()
      },
      ...more
    )
    log.add(`${method} returned`, result === before ? 'the session' : plain(result))
  })
}

const HANDLERS = {
  async regenerate(req, res, log) {
    req.session.user = 'old'
    await call(req, log, 'regenerate')
    log.add('now', req.sessionID, req.session, req.session.id)
    res.end()
  },
  async 'regenerate then modify'(req, res, log) {
    await call(req, log, 'regenerate')
    req.session.user = 'new'
    res.end()
  },
  async 'regenerate then save'(req, res, log) {
    await call(req, log, 'regenerate')
    req.session.user = 'new'
    await call(req, log, 'save')
    res.end()
  },
  async 'regenerate twice'(req, res, log) {
    await call(req, log, 'regenerate')
    await call(req, log, 'regenerate')
    res.end()
  },
  async reload(req, res, log) {
    req.session.user = 'changed'
    await call(req, log, 'reload')
    log.add('now', req.session)
    res.end()
  },
  async 'reload then modify'(req, res, log) {
    await call(req, log, 'reload')
    req.session.user = 'after reload'
    res.end()
  },
  async 'reload, save, reload'(req, res, log) {
    await call(req, log, 'reload')
    req.session.views = 7
    await call(req, log, 'save')
    req.session.views = 8
    await call(req, log, 'reload')
    log.add('now', req.session)
    res.end()
  },
  async 'reload then save is noticed'(req, res, log) {
    await call(req, log, 'reload')
    req.session.views = 9
    await call(req, log, 'save')
    res.end()
  },
  async save(req, res, log) {
    req.session.user = 'saved'
    await call(req, log, 'save')
    res.end()
  },
  async 'save with more arguments'(req, res, log) {
    await call(req, log, 'save', 'more', 2)
    res.end()
  },
  async 'save then modify'(req, res, log) {
    await call(req, log, 'save')
    req.session.user = 'later'
    res.end()
  },
  async 'save twice'(req, res, log) {
    await Promise.all([call(req, log, 'save'), call(req, log, 'save')])
    res.end()
  },
  async destroy(req, res, log) {
    await call(req, log, 'destroy')
    log.add('now', req.session, 'session' in req, req.sessionID)
    res.end()
  },
  async 'destroy then set anew'(req, res, log) {
    await call(req, log, 'destroy')
    req.session = { cookie: {}, user: 'plain object' }
    res.end()
  },
  async 'destroy then generate'(req, res, log) {
    await call(req, log, 'destroy')
    req.sessionStore.generate(req)
    req.session.user = 'generated'
    res.end()
  },
  touch(req, res, log) {
    req.session.cookie.expires = new Date(0)
    log.add('touch', req.session.touch() === req.session, req.session.cookie)
    res.end()
  },
  resetMaxAge(req, res, log) {
    req.session.cookie.originalMaxAge = 9000
    log.add('resetMaxAge', req.session.resetMaxAge() === req.session, req.session.cookie)
    res.end()
  },
  'save without a callback'(req, res, log) {
    req.session.user = 'saved'
    log.add('save', req.session.save() === req.session)
    res.end()
  },
  'destroy without a callback'(req, res, log) {
    const before = req.session
    log.add('destroy', before.destroy() === before, req.session)
    res.end()
  },
  'methods written over'(req, res, log) {
    req.session.save = function (callback) {
      log.add('own save', this === req.session, typeof callback, arguments.length)
      callback()
    }
    req.session.touch = function () {
      log.add('own touch', arguments.length)
      return this
    }
    req.session.user = 'x'
    res.end()
  },
  'own save answering with an error'(req, res, log) {
    req.session.save = (callback) => callback(new Error('own save'))
    log.add('enumerable', Object.keys(req.session))
    res.end()
  },
  'the old session saved after regenerate': async (req, res, log) => {
    const old = req.session
    await call(req, log, 'regenerate')
    log.add('old save', old.save() === old, old.id)
    res.end()
  },
  'the prototype’s save': (req, res, log) => {
    req.session.user = 'quiet'
    const { save } = Object.getPrototypeOf(req.session)
    log.add('save', save.call(req.session) === req.session)
    res.end()
  },
  'ended before the callback of regenerate': (req, res, log) => {
    req.session.regenerate((...args) => log.add('regenerated', args))
    res.end('early')
  },
  'ended inside the callback of save': (req, res, log) => {
    req.session.user = 'x'
    req.session.save((...args) => {
      log.add('saved', args)
      res.end('inside')
    })
  }
}

const STARTS = ['new', 'known']

const starting = (start, request) => (start === 'known' ? returning('known', request) : request)

const site = (session, { timing, options, answers, memory } = {}) =>
  open(session, {
    memory,
    options: { cookie: { maxAge: 60_000 }, ...options },
    store: {
      timing,
      answers,
      data: { known: storedSession({ views: 1 }, { originalMaxAge: 60_000 }) }
    }
  })

const methodCases = Object.entries(HANDLERS).flatMap(([label, handle]) =>
  STARTS.map((start) => ({
    name: `session methods do their work in order: ${label}, ${start} session`,
    async run(session) {
      const recording = {}
      for (const timing of Object.keys(TIMINGS)) {
        for (const resave of [true, false]) {
          const app = site(session, { timing, options: { resave } })
          const answer = await app.visit(starting(start, { handle }))
          recording[`${timing}, resave ${resave}`] = { answer, contents: app.contents() }
        }
      }
      return recording
    },
    expect(recording) {
      for (const { answer } of Object.values(recording)) {
        // a plain object has no touch(), which throws inside of end() after it has begun
        assert.equal(answer.finished, label !== 'destroy then set anew')
        assert.ok(!answer.log.some(([, , error]) => error?.error === 'ReferenceError'))
      }
    }
  }))
)

module.exports = [
  ...methodCases,
  {
    name: 'regenerate destroys the old session and sends the new id',
    run: (session) => site(session).visit(returning('known', { handle: HANDLERS.regenerate })),
    expect(recording) {
      assert.deepEqual(names(recording.log, 'store.'), ['store.get', 'store.destroy', 'store.set'])
      assert.match(setCookies(recording)[0], /s%3Aid1\./)
    }
  },
  {
    name: 'a session saved in the handler is not saved again unless modified later',
    async run(session) {
      return [
        await site(session).visit({ handle: HANDLERS.save }),
        await site(session).visit({ handle: HANDLERS['save then modify'] })
      ]
    },
    expect([once, twice]) {
      assert.equal(names(once.log, 'store.set').length, 1)
      assert.equal(names(twice.log, 'store.set').length, 2)
    }
  },
  {
    name: 'errors of the store reach the callbacks of the methods',
    async run(session) {
      const failing = () => [Object.assign(new Error('down'), { code: 'E_DOWN' }), 'more']
      const recording = {}
      for (const method of ['regenerate', 'reload', 'save', 'destroy']) {
        const app = site(session, { answers: { get: failing, set: failing, destroy: failing } })
        recording[method] = await app.visit({
          async handle(req, res, log) {
            await call(req, log, method)
            log.add('session', req.session?.id)
            res.end('after')
          }
        })
      }
      return recording
    },
    expect(recording) {
      for (const [method, { log }] of Object.entries(recording)) {
        const [, args] = log.find(([name]) => name === `${method} calls back`)
        assert.equal(args[0].code, 'E_DOWN')
      }
    }
  },
  {
    name: 'reloading what is no longer stored is an error, whichever way it is missing',
    async run(session) {
      const recording = {}
      for (const nothing of [undefined, null, false, 0, '']) {
        const app = site(session, { answers: { get: () => [null, nothing] } })
        recording[String(nothing) || 'empty'] = await app.visit({ handle: HANDLERS.reload })
      }
      return recording
    },
    expect({ null: { log } }) {
      const [, [error]] = log.find(([name]) => name === 'reload calls back')
      assert.deepEqual(error, { error: 'Error', message: 'failed to load session' })
    }
  },
  {
    name: 'callbacks which are missing or throw behave alike',
    async run(session) {
      const recording = {}
      for (const method of ['regenerate', 'reload', 'save', 'destroy']) {
        for (const [label, argument] of Object.entries({ none: undefined, text: 'cb', thrower })) {
          recording[`${method} ${label}`] = await site(session).visit(
            returning('known', {
              handle(req, res, log) {
                log.attempt(() => req.session[method](argument))
                res.end()
              }
            })
          )
        }
      }
      return recording
    },
    expect(recording) {
      assert.deepEqual(recording['save thrower'].log.find(([name]) => name === 'threw')[1], {
        error: 'Error',
        message: 'thrown by the callback'
      })
    }
  },
  {
    name: 'what is no function in place of a method fails with the same words',
    async run(session) {
      const recording = {}
      for (const method of ['touch', 'save', 'reload', 'destroy', 'regenerate', 'resetMaxAge']) {
        for (const memory of [false, true]) {
          for (const [label, value] of Object.entries({ text: 'text', null: null, undefined })) {
            const app = site(session, { memory, options: { rolling: true } })
            recording[`session.${method} is ${label}, ${memory}`] = await app.visit({
              handle(req, res, log) {
                Object.defineProperty(req.session, method, { value, enumerable: true })
                log.attempt(() => req.session[method]())
                log.attempt(() => res.end())
              }
            })
          }
        }
      }
      for (const method of ['get', 'set', 'destroy', 'generate', 'createSession']) {
        for (const entrance of ['save', 'reload', 'destroy', 'regenerate']) {
          const app = site(session)
          recording[`${entrance} without store.${method}`] = await app.visit(
            returning('known', {
              handle(req, res, log) {
                app.store[method] = undefined
                log.attempt(() => req.session[entrance]((error) => log.add('called back', error)))
                log.attempt(() => res.end())
              }
            })
          )
        }
        const { log, store } = site(session)
        store[method] = undefined
        log.attempt(() => store.load('known', (error) => log.add('loaded', error)))
        recording[`load without store.${method}`] = { log: log.entries }
      }
      return recording
    },
    expect(recording) {
      for (const [name, message] of Object.entries({
        'session.touch is text, false': 'req.session.touch is not a function',
        'session.save is null, true': 'req.session.save is not a function',
        'regenerate without store.generate': 'self.generate is not a function',
        'load without store.createSession': 'self.createSession is not a function'
      })) {
        const threw = recording[name].log.filter(([what]) => what === 'threw')
        assert.ok(
          threw.some(([, error]) => error.message === message),
          name
        )
      }
    }
  }
]

function thrower() {
  throw new Error('thrown by the callback')
}
