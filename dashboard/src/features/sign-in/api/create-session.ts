import { api, dataOf } from '../../../client/api.ts'
import type { Session } from '../../../client/session.ts'

/** What somebody signs in with. Without the code of a second factor one may be asked for. */
export type Credentials = {
  readonly account: string
  readonly user: string
  readonly password: string
  readonly code?: string
}

/** Signs somebody in: the browser has the session's cookie then. */
export function createSession(credentials: Credentials): Promise<Session> {
  return dataOf(api.POST('/session', { body: credentials }))
}
