import { randomUUID } from 'node:crypto'
import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import type { AuthorizationRequest } from '../policy/authorization-request.ts'
import { scopesWithin } from '../policy/user-levels.ts'
import { inTransaction } from '../store/database.ts'
import { insertOAuthGrant } from '../store/oauth-grants.ts'
import { insertOAuthToken } from '../store/oauth-tokens.ts'
import { recordAudit } from '../store/record-audit.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import { mustStillHold } from './must-still-hold.ts'

/** Enough to come back from the page that asks. */
const codeLifeMs = 60_000
/** After that the user is asked again. */
const grantLifeMs = 30 * 24 * 60 * 60 * 1_000

/**
 * Lets an application do what it asks for, as far as the user may do it themselves, and returns the
 * code that it exchanges for tokens. `principal` is the user's session.
 * Throws oauth_invalid_scope when nothing of it is theirs to give, credential_revoked.
 */
export async function grantOAuth(
  context: CommandContext,
  principal: Caller,
  client: { readonly id: string; readonly name: string },
  request: AuthorizationRequest,
): Promise<string> {
  const { user } = principal
  if (user === undefined) throw new AccessError('not_signed_in')
  const scopes = scopesWithin(user.level, request.scopes)
  if (scopes.length === 0) throw new AccessError('oauth_invalid_scope')
  const now = context.now()
  const grantId = randomUUID()
  const code = mintToken('code', context.randomBytes)
  await inTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction, principal)
    await insertOAuthGrant(transaction, {
      id: grantId,
      clientId: client.id,
      userId: user.id,
      scopes,
      createdAt: now,
      expiresAt: new Date(now.getTime() + grantLifeMs),
    })
    await recordAudit(transaction, {
      actor: auditActorOf(principal),
      action: 'oauth_grant.create',
      target: { id: grantId, name: client.name },
      details: { scopes },
    })
    await insertOAuthToken(transaction, {
      id: randomUUID(),
      tokenHash: hashToken(code),
      grantId,
      kind: 'code',
      scopes,
      redirectUri: request.redirectUri,
      codeChallenge: request.codeChallenge,
      createdAt: now,
      expiresAt: new Date(now.getTime() + codeLifeMs),
    })
  })
  return code
}
