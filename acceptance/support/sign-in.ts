import type { Postern } from './postern.ts'
import { send } from './requests.ts'

/** A browser in which somebody is signed in. */
export type SignedIn = {
  /** What it sends as `Cookie`. */
  readonly cookie: string
  readonly csrfToken: string
  /** Both, as a page of the server's own sends them. */
  readonly headers: Readonly<Record<string, string>>
}

/** Signs a user in; throws with the answer when that fails. */
export async function signIn(
  postern: Postern,
  account: string,
  user: string,
  password: string,
): Promise<SignedIn> {
  const answer = await send(`${postern.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account, user, password }),
  })
  if (answer.status !== 200) throw new Error(`POST /session: ${answer.status} ${answer.text}`)
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { csrf_token: csrfToken } = answer.json<{ csrf_token: string }>()
  postern.keepSecret(cookie.replace(/^.*=/, ''))
  return { cookie, csrfToken, headers: { cookie, 'x-csrf-token': csrfToken } }
}

/** Lets a session do what needs confirming, for ten minutes. */
export async function confirm(
  postern: Postern,
  { headers }: SignedIn,
  password: string,
): Promise<void> {
  const answer = await send(`${postern.url}/session/confirm`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  if (answer.status !== 200) throw new Error(`POST confirm: ${answer.status} ${answer.text}`)
}
