import type { AuditActor } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { Queryable } from '../store/database.ts'
import type { OAuthClient } from '../store/oauth-clients.ts'
import { deleteOAuthGrant, type EndedOAuthGrant } from '../store/oauth-grants.ts'
import { deleteOAuthToken, findOAuthTokenOwner } from '../store/oauth-tokens.ts'
import { type AuditDetails, recordAudit } from '../store/record-audit.ts'
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
      const ended = await deleteOAuthGrant(transaction, id, manager.userId)
      return recordEnd(transaction, () => manager.actor, ended)
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
    async (transaction) => {
      const ended = await deleteOAuthGrant(transaction, id)
      const system = ({ accountId }: EndedOAuthGrant): AuditActor => ({ kind: 'system', accountId })
      return recordEnd(transaction, system, ended, { reason: 'misused' })
    },
  )
  if (receipt) context.observe({ event: 'oauth_grant_ended', reason: 'misused' })
}

/**
 * Ends what a client no longer needs: RFC 7009. A token of an application ends all that its user has
 * granted with it; one of a program ends alone. What is no token of this client's is passed over.
 */
export async function endOAuthToken(
  context: CommandContext,
  client: Pick<OAuthClient, 'id' | 'accountId' | 'name' | 'kind'> &
    Pick<AuditActor, 'clientNetwork'>,
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
    async (transaction) => {
      const byClient: AuditActor = {
        kind: 'oauth_client',
        accountId: client.accountId,
        id: client.id,
        name: client.name,
        ...(client.clientNetwork !== undefined && { clientNetwork: client.clientNetwork }),
      }
      if (ofGrant) {
        const ended = await deleteOAuthGrant(transaction, owner.grantId)
        return recordEnd(transaction, () => byClient, ended)
      }
      if (!(await deleteOAuthToken(transaction, owner.id))) return false
      await recordAudit(transaction, {
        actor: byClient,
        action: 'oauth_token.delete',
        target: { id: owner.id, name: client.name },
      })
      return true
    },
  )
}

/** An event for a grant that has ended, if there was one. */
async function recordEnd(
  transaction: Queryable,
  actorOf: (ended: EndedOAuthGrant) => AuditActor,
  ended: EndedOAuthGrant | undefined,
  details: AuditDetails = {},
): Promise<boolean> {
  if (ended === undefined) return false
  const { id, clientName, userName } = ended
  await recordAudit(transaction, {
    actor: actorOf(ended),
    action: 'oauth_grant.delete',
    target: { id, name: clientName },
    details: { ...details, user: userName },
  })
  return true
}
