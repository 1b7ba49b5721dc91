'use strict'

const express = require('express4')
const { expectations, site, visits } = require('./express-site')

function record(stage) {
  const app = site(express, stage, () => {
    throw new Error('on purpose')
  })
  return visits(stage, app)
}

module.exports = { expectations, record }
