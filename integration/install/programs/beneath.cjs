'use strict'

const session = require('express-session')
const { PlainStore, beneath } = require('plain-session-store')

async function main() {
  const { default: visit } = await import('./visit.mjs')
  const store = new PlainStore()
  const options = { secret: 's', resave: false, saveUninitialized: false, store }
  const answers = await visit(session(options))

  console.log(
    JSON.stringify({
      beneath,
      same: store instanceof session.Store,
      kept: store.rows.size,
      answers
    })
  )
}

main()
