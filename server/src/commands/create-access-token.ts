import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { findTokenRefusal, parseTokenRequest } from '../policy/parse-token-request.ts'
import {
  type AccessToken,
  countAccessTokens,
  insertAccessToken,
  lockAccessToken,
  updateAccessTokenState,
} from '../store/access-tokens.ts'
import { findAccountById, lockAccountSettings } from '../store/accounts.ts'
import { inRetriedTransaction, inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { replaceSourceGrants } from '../store/source-grants.ts'
import { randomBase62 } from '../token/base62.ts'
import { mintToken } from '../token/token.ts'
import { sealAccessToken } from './access-token-secrets.ts'
import { auditOfToken } from './audit-details.ts'
import { clearUnfinishedToken } from './clear-unfinished-token.ts'
import type { CommandContext } from './context.ts'
import { invalidTokenRequest, nameTaken } from './invalid-token-request.ts'
import { getAccessToken } from './list-access-tokens.ts'
import { insertPlannedRoles, makeTokenRoles } from './make-token-roles.ts'
import type { ActingManager } from './operator.ts'
import { planSourceGrants } from './plan-source-grants.ts'
import type { AccessTokenView } from './view-access-tokens.ts'

/** A token as it is told when it is made, whether or not it is ever told again. */
export type NewAccessToken = AccessTokenView & { readonly token: string }

/** Each token costs at least one role. */
const maxTokensPerUser = 100_000

/**
 * Makes an access token that opens what its grants say and nothing more, for the user who manages.
 * When it resolves the token works. A crash half-way leaves a row in state `pending`, which no request
 * can use and the reconciler clears away. `notes` tell how the request was read.
 * Throws invalid_token_request, naming what is wrong.
 */
export async function createAccessToken(
  context: CommandContext,
  manager: ActingManager,
  body: unknown,
): Promise<{ view: NewAccessToken; notes: readonly string[] }> {
  const { store, randomBytes } = context
  const now = context.now()
  const parsed = parseTokenRequest(body, now)
  if (!parsed.ok) throw invalidTokenRequest(parsed)
  const { request } = parsed
  const account = await findAccountById(store, manager.accountId)
  if (account === undefined) throw new AccessError('credential_revoked')
  const allowedApis = request.allowedApis ?? ['sql', 'maps']
  const opens = allowedApis.includes('sql') || allowedApis.includes('maps')
  const plan = await planSourceGrants(context, account, request.grants ?? [], { opens })
  const refusal = findTokenRefusal({ allowedApis, grants: plan.grants })
  if (refusal !== undefined) throw invalidTokenRequest(refusal)

  const token: AccessToken = {
    id: randomUUID(),
    accountId: account.id,
    userId: manager.userId,
    name: request.name ?? `tk_${randomBase62(8, randomBytes)}`,
    state: 'pending',
    allowedApis,
    referers: request.referers ?? [],
    expiresAt: request.expiresAt ?? null,
    createdAt: now,
    updatedAt: now,
  }
  const clear = mintToken('access', randomBytes)
  const roles = await inRetriedTransaction(store, async (transaction) => {
    if ((await countAccessTokens(transaction, manager.userId)) >= maxTokensPerUser) {
      throw invalidTokenRequest({
        message: `a user can have at most ${maxTokensPerUser} tokens`,
      })
    }
    const settings = await lockAccountSettings(transaction, account.id)
    if (settings === undefined) throw new AccessError('credential_revoked')
    const secrets = sealAccessToken(context.keyRing(), token.id, clear, randomBytes)
    await insertAccessToken(
      transaction,
      token,
      settings.showOnce ? { ...secrets, tokenEnvelope: undefined } : secrets,
    )
    return insertPlannedRoles(transaction, context, token.id, plan.roles)
  }).catch((error: unknown) => {
    throw sqlstateOf(error) === sqlstates.uniqueViolation ? nameTaken(token.name) : error
  })
  try {
    await inTransaction(store, async (transaction) => {
      // Held while the roles are made: it tells the reconciler that this row has a living maker.
      if (!(await lockAccessToken(transaction, token.id, ['pending']))) {
        throw new Error('The row of a new access token was taken for an abandoned one.')
      }
      await manager.mustStillHold(transaction)
      await makeTokenRoles(context, transaction, { account, expiresAt: token.expiresAt }, roles)
      await replaceSourceGrants(transaction, token.id, plan.grants)
      await updateAccessTokenState(transaction, token.id, 'active')
      await recordAudit(transaction, {
        actor: manager.actor,
        action: 'access_token.create',
        target: token,
        details: auditOfToken(token, plan.grants),
      })
    })
  } catch (error) {
    await clearUnfinishedToken(context, account, token.id)
    throw error
  }
  context.observe({ event: 'access_token_created', credentialId: token.id })
  const view = await getAccessToken(context, manager, token.id)
  return { view: { ...view, token: clear }, notes: request.notes }
}
