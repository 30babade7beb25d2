import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { type AccessToken, lockAccessToken, updateAccessToken } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import { inRetriedTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { replaceSourceGrants } from '../store/source-grants.ts'
import { deleteAccessTokenRoles, listAccessTokenRoles } from '../store/token-roles.ts'
import { auditOfToken } from './audit-details.ts'
import type { CommandContext } from './context.ts'
import { dropTokenRoles } from './drop-token-roles.ts'
import { insertPlannedRoles, makeTokenRoles } from './make-token-roles.ts'
import type { SourcePlan } from './plan-source-grants.ts'

/**
 * Puts planned grants in the place of all that a token had: makes the new roles, and takes the old ones
 * away as if the token were deleted. When it resolves, nothing that the token could do before and
 * cannot do now is possible any more; when it throws, the token is as it was.
 * Throws access_token_not_found, and invalid_token_request for a query that PostgreSQL refuses.
 */
export async function remakeToken(
  context: CommandContext,
  manager: Pick<Manager, 'actor' | 'mustStillHold'>,
  {
    account,
    token,
    plan,
    edited,
  }: {
    readonly account: Account
    readonly token: AccessToken
    readonly plan: SourcePlan
    readonly edited: Parameters<typeof updateAccessToken>[1]
  },
): Promise<Receipt> {
  const { store, revoker } = context
  const before = await listAccessTokenRoles(store, token.id)
  const roles = await inRetriedTransaction(store, async (transaction) => {
    if (!(await lockAccessToken(transaction, token.id, ['active']))) {
      throw new AccessError('access_token_not_found')
    }
    return insertPlannedRoles(transaction, context, token.id, plan.roles)
  })
  const made = roles.map(({ role, place }) => ({ role, connectionId: place.connection.id }))
  const receipt = await revoker
    .revoke(
      {
        kind: 'access_token',
        accountId: null,
        credentialId: token.id,
        roles: before.map(({ role }) => role),
      },
      async (transaction) => {
        if (!(await lockAccessToken(transaction, token.id, ['active']))) return false
        await manager.mustStillHold(transaction)
        await makeTokenRoles(context, transaction, { account, expiresAt: token.expiresAt }, roles)
        await replaceSourceGrants(transaction, token.id, plan.grants)
        await updateAccessToken(transaction, edited)
        await recordAudit(transaction, {
          actor: manager.actor,
          action: 'access_token.update',
          target: edited,
          details: auditOfToken({ ...token, ...edited }, plan.grants),
        })
        return true
      },
    )
    .catch(async (error: unknown) => {
      const isRecorded = error instanceof AccessError && error.code === 'store_unavailable'
      // The token is as it was. What cannot be cleared away now, the reconciler clears later.
      if (!isRecorded) {
        await dropTokenRoles(context, account, made)
          .then(() =>
            deleteAccessTokenRoles(
              store,
              made.map(({ role }) => role),
            ),
          )
          .catch(() => {})
      }
      throw error
    })
  if (receipt === undefined) throw new AccessError('access_token_not_found')
  const ended = await dropTokenRoles(context, account, before)
  await deleteAccessTokenRoles(
    store,
    before.map(({ role }) => role),
  )
  return { ...receipt, sessionsEnded: Math.max(receipt.sessionsEnded, ended) }
}
