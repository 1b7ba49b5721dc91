'use strict'

const session = require('express-session')
const visit = require('./visit.mjs').default

async function main() {
  const answers = await visit(session({ secret: 's', resave: false, saveUninitialized: false }))
  console.log(JSON.stringify({ engine: session.engine, answers }))
}

main()
