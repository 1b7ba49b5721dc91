import session from 'express-session'
import visit from './visit.mjs'

const answers = await visit(session({ secret: 's', resave: false, saveUninitialized: false }))
console.log(JSON.stringify({ engine: session.engine, answers }))
