import type { FastifyReply } from 'fastify'
import type { Principal, PrincipalUser } from '../../credential/principal.ts'

/** A session as a page of ours is told of it. */
export function presentSession(
  { accountName, expiresAtMs = 0 }: Principal,
  { id, name, email, level }: PrincipalUser,
  csrfToken: string,
) {
  return {
    account: accountName,
    user: { id, name, email, level },
    expires_at: new Date(expiresAtMs).toISOString(),
    csrf_token: csrfToken,
  }
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
