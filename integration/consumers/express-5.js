'use strict'

const express = require('express')
const { expectations, site, visits } = require('./express-site')

function record(stage) {
  // Only this version notices when what a handler promises fails.
  const app = site(express, stage, async () => {
    throw new Error('on purpose')
  })
  return visits(stage, app)
}

module.exports = { expectations, record }
