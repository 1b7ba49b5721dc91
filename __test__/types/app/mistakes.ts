// What neither set of types may accept.
import session from 'express-session'
import type { Request } from 'express'

// @ts-expect-error: there is no secret
session({})
// @ts-expect-error: not a secret
session({ secret: 42 })
// @ts-expect-error: not one of the values
session({ secret: 'secret', unset: 'remove' })
// @ts-expect-error: not an option
session({ secret: 'secret', saveUninitialised: false })
// @ts-expect-error: maxAge is in milliseconds
session({ secret: 'secret', cookie: { maxAge: '1h' } })
// @ts-expect-error: not one of the values
session({ secret: 'secret', cookie: { sameSite: 'loose' } })
// @ts-expect-error: not one of the values
session({ secret: 'secret', cookie: { priority: 'highest' } })
// @ts-expect-error: not what the function has to give
session({ secret: 'secret', cookie: () => 'path=/' })
// @ts-expect-error: an ID is a string
session({ secret: 'secret', genid: () => 42 })
// @ts-expect-error: a store has more than that
session({ secret: 'secret', store: new Map() })
// @ts-expect-error: it is abstract
export const abstract = new session.Store()
// @ts-expect-error: sessions are made by stores
export const made = new session.Session({}, {})

// @ts-expect-error: get, set and destroy are missing
export class Incomplete extends session.Store {}

export function handle(req: Request): void {
  // @ts-expect-error: nobody declared this field
  req.session.undeclared = true
  // @ts-expect-error: the field is declared as an object
  req.session.user = 'Ann'
  // @ts-expect-error: a session need not have a user
  req.session.user.name.trim()
  // @ts-expect-error: the callback is required
  req.session.regenerate()
}
