import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { findTokenRefusal, parseTokenRequest } from '../policy/parse-token-request.ts'
import type { Receipt } from '../revocation/revoke.ts'
import {
  deleteAccessTokenRoles,
  listAccessTokenRoles,
  listSourceGrants,
  lockAccessToken,
  replaceSourceGrants,
  updateAccessToken as updateAccessTokenRow,
} from '../store/access-tokens.ts'
import { findAccountById } from '../store/accounts.ts'
import { inRetriedTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import type { CommandContext } from './context.ts'
import { nameTaken } from './create-access-token.ts'
import { dropTokenRoles } from './drop-token-roles.ts'
import { getOwnToken } from './get-own-token.ts'
import { getAccessToken } from './list-access-tokens.ts'
import { insertPlannedRoles, makeTokenRoles } from './make-token-roles.ts'
import { planSourceGrants } from './plan-source-grants.ts'
import type { AccessTokenView } from './view-access-tokens.ts'

/**
 * Edits an access token: what the request does not say stays. Grants are given as a whole; the roles
 * for them are made anew, and what the token had before is taken away as if it were deleted. When it
 * resolves, nothing that the token could do before and cannot do now is possible any more.
 * Throws access_token_not_found; invalid_token_request, also for `expiration_date`, which is said once.
 */
export async function updateAccessToken(
  context: CommandContext,
  manager: Manager,
  tokenOrId: string,
  body: unknown,
): Promise<{ view: AccessTokenView; notes: readonly string[]; receipt: Receipt }> {
  const { store, revoker } = context
  const parsed = parseTokenRequest(body, context.now())
  if (!parsed.ok) throw invalid(parsed.message)
  const { request } = parsed
  if (request.expiresAt !== undefined) {
    throw invalid(
      'expiration_date cannot be changed: make a new token, and delete this one when it is replaced',
    )
  }
  const token = await getOwnToken(context, manager, tokenOrId)
  const account = await findAccountById(store, token.accountId)
  if (account === undefined) throw new AccessError('access_token_not_found')
  const before = await listAccessTokenRoles(store, token.id)
  const known = (await listSourceGrants(store, [token.id])).get(token.id) ?? []

  const allowedApis = request.allowedApis ?? token.allowedApis
  const opens = allowedApis.includes('sql') || allowedApis.includes('maps')
  const requested = request.grants ?? known
  const plan = await planSourceGrants(context, account, requested, { opens })
  const refusal = findTokenRefusal({ allowedApis, grants: plan.grants })
  if (refusal !== undefined) throw invalid(refusal)
  const edited = {
    id: token.id,
    name: request.name ?? token.name,
    allowedApis,
    referers: request.referers ?? token.referers,
    updatedAt: context.now(),
  }

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
        await updateAccessTokenRow(transaction, edited)
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
      throw sqlstateOf(error) === sqlstates.uniqueViolation ? nameTaken(edited.name) : error
    })
  if (receipt === undefined) throw new AccessError('access_token_not_found')
  const ended = await dropTokenRoles(context, account, before)
  await deleteAccessTokenRoles(
    store,
    before.map(({ role }) => role),
  )
  context.observe({ event: 'access_token_updated', credentialId: token.id })
  return {
    view: await getAccessToken(context, manager, token.id),
    notes: request.notes,
    receipt: { ...receipt, sessionsEnded: Math.max(receipt.sessionsEnded, ended) },
  }
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_token_request', { message })
}
