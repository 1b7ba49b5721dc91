// Without an import this file would be a script, and would replace the module's types.
import 'express-session'

declare module 'express-session' {
  interface SessionData {
    user: { id: number; name: string }
    views: Record<string, number>
    returnTo?: string
  }
}
