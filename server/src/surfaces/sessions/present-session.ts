import type { FastifyReply } from 'fastify'
import type { Principal, PrincipalUser } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { scopesOf } from '../../policy/user-levels.ts'
import type { SignedIn } from './start-session.ts'

/** A session as a page of ours is told of it. */
export function presentSession(
  { accountName, expiresAtMs = 0 }: Principal,
  user: PrincipalUser,
  csrfToken: string,
) {
  const {
    id,
    name,
    email,
    level,
    signedInBy = 'password',
    hasSecondFactor = false,
    confirmedUntilMs,
  } = user
  return {
    account: accountName,
    user: { id, name, email, level },
    expires_at: new Date(expiresAtMs).toISOString(),
    confirmed_until:
      confirmedUntilMs === undefined ? null : new Date(confirmedUntilMs).toISOString(),
    second_factor: hasSecondFactor,
    sign_in_by: signedInBy,
    scopes: scopesOf(user),
    csrf_token: csrfToken,
  }
}

/** Tells a page of ours of the session that its browser was just handed. */
export function sendNewSession(
  reply: FastifyReply,
  { principal, csrfToken }: SignedIn,
): FastifyReply {
  if (principal.user === undefined) throw new AccessError('not_signed_in')
  return sendSession(reply, presentSession(principal, principal.user, csrfToken))
}

export function sendSession(
  reply: FastifyReply,
  session: ReturnType<typeof presentSession>,
): FastifyReply {
  return reply
    .headers({ 'cache-control': 'no-store', vary: 'Cookie' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(session))
}
