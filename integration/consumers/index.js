'use strict'

const NAMES = [
  'express-4',
  'express-5',
  'connect',
  'http',
  'http2',
  'passport',
  'connect-flash',
  'csrf-csrf',
  'csrf-sync',
  'lusca',
  'socket.io',
  'express-socket.io-session',
  'nestjs',
  'supertest',
  'http-proxy-middleware'
]

const names = () => NAMES

/**
 * How a consumer is tried and what can be expected of it:
 *
 * - `record(stage)`: does with it what applications do, and has the stage note each step.
 * - `expectations`: what has to hold in every recording, by the sentences that say it. They get
 *   the steps and the provider.
 * - `differs`: the steps in which the providers are known to differ, see `docs/differences.md`.
 */
const consumerNamed = (name) => require(`./${name}.js`)

module.exports = { consumerNamed, names }
