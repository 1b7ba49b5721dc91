'use strict'

const assert = require('node:assert/strict')
const { headerValues, setCookies } = require('../exchange')
const { open } = require('../site')

const FORMS = {
  status: [201],
  'status and message': [201, 'Made'],
  'status, message, object': [201, 'Made', { 'X-A': '1', 'X-B': ['2', '3'] }],
  'status and object': [201, { 'X-A': '1', 'content-type': 'text/plain' }],
  'status and flat array': [201, ['X-A', '1', 'X-B', '2']],
  'flat array with a name twice': [201, ['X-A', '1', 'X-A', '2', 'x-a', '3']],
  'flat array with array values': [201, ['X-A', ['1', '2']]],
  'nested arrays': [
    201,
    [
      ['X-A', '1'],
      ['X-B', '2']
    ]
  ],
  'nested arrays with a name twice': [
    201,
    [
      ['X-A', '1'],
      ['X-A', '2']
    ]
  ],
  'nested arrays with an empty name': [
    201,
    [
      ['', '1'],
      ['X-A', '2']
    ]
  ],
  'odd flat array': [201, ['X-A', '1', 'X-B']],
  'empty array': [201, []],
  'empty object': [201, {}],
  'null headers': [201, null],
  'undefined message and headers': [201, undefined, { 'X-A': '1' }],
  'empty message and headers': [201, '', { 'X-A': '1' }],
  'message and flat array': [201, 'Made', ['X-A', '1']],
  'Set-Cookie in the object': [201, { 'Set-Cookie': ['a=1', 'b=2'] }],
  'Set-Cookie in the flat array': [201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']],
  'Set-Cookie in nested arrays': [
    201,
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2']
    ]
  ],
  'object with an empty name': [201, { '': '1', 'X-A': '2' }],
  'object with a bad name': [201, { 'X A': '2' }],
  'object with a bad value': [201, { 'X-A': 'a\nb' }],
  'object with undefined': [201, { 'X-A': undefined }],
  'inherited headers': [201, Object.create({ 'X-A': '1' })],
  'Content-Length': [201, { 'Content-Length': 2 }],
  'over a header set before': [201, { 'X-Before': 'over' }],
  'status text': ['201'],
  'status too low': [99],
  'status too high': [1000],
  'status 204': [204, { 'X-A': '1' }],
  'status 101': [101, { Upgrade: 'x' }],
  'no status': [],
  'more arguments': [201, 'Made', { 'X-A': '1' }, 'ignored']
}

function listening(res, log, name, method) {
  const usual = res[method]
  res[method] = function (...args) {
    log.add(`${name} ${method}`, args.length, args[0])
    return usual.apply(this, args)
  }
}

module.exports = [
  ...Object.entries(FORMS).map(([label, args]) => ({
    name: `writeHead() keeps working in the form: ${label}`,
    async run(session) {
      const recording = {}
      for (const timing of ['sync', 'immediate']) {
        recording[timing] = await open(session, { store: { timing } }).visit({
          handle(req, res, log) {
            res.setHeader('X-Before', 'yes')
            log.add('writeHead', res.writeHead(...args) === res)
            log.add('state', res.statusCode, res.statusMessage, res.getHeaders())
            res.end('ok')
          }
        })
      }
      return recording
    },
    expect({ sync }) {
      const threw = sync.log.find(([name]) => name === 'handler threw')
      if (threw) {
        assert.ok(/odd|bad|undefined|status (text|too)|no status/.test(label), label)
        return
      }
      const cookies = setCookies(sync)
      assert.equal(cookies.filter((value) => value.startsWith('connect.sid=')).length, 1)
      if (label.includes('nested arrays') && !/twice|Set-Cookie/.test(label)) {
        assert.equal(headerValues(sync.head, 'X-A').length, 1)
      }
    }
  })),
  {
    name: 'writeHead() called twice throws as in plain node, with one cookie sent',
    run: (session) =>
      open(session).visit({
        handle(req, res, log) {
          res.writeHead(200)
          try {
            res.writeHead(201, { 'X-A': '1' })
          } catch (error) {
            log.add('second', error)
          }
          res.end('ok')
        }
      }),
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.equal(
        recording.log.find(([name]) => name === 'second')[1].code,
        'ERR_HTTP_HEADERS_SENT'
      )
    }
  },
  {
    name: 'methods of the response wrapped before and after are called in the same order',
    async run(session) {
      const recording = {}
      for (const length of [undefined, 5]) {
        for (const timing of ['sync', 'micro', 'immediate']) {
          const site = open(session, { store: { timing } })
          recording[`${length} ${timing}`] = await site.visit({
            prepare(req, res) {
              for (const method of ['writeHead', 'setHeader', '_implicitHeader', 'write', 'end']) {
                listening(res, site.log, 'inner', method)
              }
            },
            handle(req, res, log) {
              for (const method of ['writeHead', 'write', 'end']) {
                listening(res, log, 'outer', method)
              }
              if (length) res.setHeader('Content-Length', length)
              res.end('hello')
            }
          })
        }
      }
      return recording
    },
    expect(recording) {
      const order = recording['undefined sync'].log.map(([name]) => name)
      assert.ok(order.indexOf('outer end') < order.indexOf('store.set'))
      assert.ok(order.indexOf('store.set') < order.indexOf('inner end'))
      assert.ok(order.indexOf('inner end') < order.indexOf('outer writeHead'))
    }
  },
  {
    name: 'the session is looked at when the head is written, not before',
    run: (session) =>
      open(session, { options: { saveUninitialized: false } }).visit({
        prepare(req, res) {
          const { writeHead } = res
          res.writeHead = function (...args) {
            req.session.tooLate = true
            return writeHead.apply(this, args)
          }
        },
        handle(req, res) {
          const { writeHead } = res
          res.writeHead = function (...args) {
            req.session.inTime = true
            return writeHead.apply(this, args)
          }
          res.write('a')
          res.end()
        }
      }),
    expect(recording) {
      assert.equal(setCookies(recording).length, 1)
      assert.ok(recording.log.find(([name]) => name === 'store.set')[2].includes('inTime'))
    }
  },
  {
    name: 'own methods of the response have the names and arities they always had',
    run: (session) =>
      open(session).visit({
        handle(req, res, log) {
          for (const method of ['end', 'writeHead', 'write', 'setHeader']) {
            const own = Object.getOwnPropertyDescriptor(res, method)
            log.add(method, own ? { ...own } : 'inherited')
          }
          res.end()
        }
      }),
    expect({ log }) {
      const end = log.find(([name]) => name === 'end')[1]
      assert.equal(end.value, '<function end/2>')
      assert.ok(end.writable && end.configurable && end.enumerable)
    }
  }
]
