'use strict'

const { program } = require('../program')
const { consumerNamed } = require('.')
const { openStage } = require('./stage')

// What is recorded of one consumer, in a process of its own: see `recordingOf`.
program(async ({ name }) => {
  const stage = openStage()
  try {
    await consumerNamed(name).record(stage)
    const isOurs = require.resolve('express-session') === require.resolve('../..')
    return { isOurs, steps: stage.recorded() }
  } finally {
    await stage.close()
  }
})
