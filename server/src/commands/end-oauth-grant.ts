import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { deleteOAuthGrant } from '../store/oauth-grants.ts'
import { deleteOAuthToken, findOAuthTokenOwner } from '../store/oauth-tokens.ts'
import { hashToken } from '../token/hash-token.ts'
import type { CommandContext } from './context.ts'
import { isUuid } from './list-users.ts'
import type { ActingManager } from './operator.ts'

/**
 * Ends what a user lets an application do. When it resolves no node takes a token of it, and nothing
 * goes on under one.
 * Throws oauth_grant_not_found.
 */
export async function endOAuthGrant(
  context: CommandContext,
  manager: ActingManager,
  id: string,
): Promise<Receipt> {
  if (!isUuid(id)) throw new AccessError('oauth_grant_not_found')
  const receipt = await context.revoker.revoke(
    { kind: 'oauth_grant', accountId: null, credentialId: id, roles: [] },
    async (transaction) => {
      await manager.mustStillHold(transaction)
      return deleteOAuthGrant(transaction, id, manager.userId)
    },
  )
  if (receipt === undefined) throw new AccessError('oauth_grant_not_found')
  context.observe({ event: 'oauth_grant_ended', reason: 'asked' })
  return receipt
}

/** Ends a grant whose code or refresh token came a second time, or from somebody else: it was stolen. */
export async function endMisusedGrant(context: CommandContext, id: string): Promise<void> {
  const receipt = await context.revoker.revoke(
    { kind: 'oauth_grant', accountId: null, credentialId: id, roles: [] },
    (transaction) => deleteOAuthGrant(transaction, id),
  )
  if (receipt) context.observe({ event: 'oauth_grant_ended', reason: 'misused' })
}

/**
 * Ends what a client no longer needs: RFC 7009. A token of an application ends all that its user has
 * granted with it; one of a program ends alone. What is no token of this client's is passed over.
 */
export async function endOAuthToken(
  context: CommandContext,
  client: { readonly id: string; readonly kind: 'm2m' | 'public' },
  token: string,
): Promise<void> {
  const owner = await findOAuthTokenOwner(context.store, hashToken(token))
  if (owner === undefined || owner.clientId !== client.id) return
  const ofGrant = client.kind === 'public'
  await context.revoker.revoke(
    {
      kind: ofGrant ? 'oauth_grant' : 'oauth_token',
      accountId: null,
      credentialId: ofGrant ? owner.grantId : owner.id,
      roles: [],
    },
    (transaction) =>
      ofGrant
        ? deleteOAuthGrant(transaction, owner.grantId)
        : deleteOAuthToken(transaction, owner.id),
  )
}
