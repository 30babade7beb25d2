import { AccessError } from '../errors.ts'
import { findTokenRefusal, parseTokenRequest } from '../policy/parse-token-request.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { findAccountById } from '../store/accounts.ts'
import { sqlstateOf, sqlstates } from '../store/database.ts'
import { listSourceGrants } from '../store/source-grants.ts'
import type { CommandContext } from './context.ts'
import { getOwnToken } from './get-own-token.ts'
import { invalidTokenRequest, nameTaken } from './invalid-token-request.ts'
import { getAccessToken } from './list-access-tokens.ts'
import type { ActingManager } from './operator.ts'
import { planSourceGrants } from './plan-source-grants.ts'
import { remakeToken } from './remake-token.ts'
import type { AccessTokenView } from './view-access-tokens.ts'

/**
 * Edits an access token: what the request does not say stays. Grants are given as a whole; the roles
 * for them are made anew, and what the token had before is taken away as if it were deleted. When it
 * resolves, nothing that the token could do before and cannot do now is possible any more.
 * Throws access_token_not_found; invalid_token_request, also for `expiration_date`, which is said once.
 */
export async function updateAccessToken(
  context: CommandContext,
  manager: ActingManager,
  tokenOrId: string,
  body: unknown,
): Promise<{ view: AccessTokenView; notes: readonly string[]; receipt: Receipt }> {
  const { store } = context
  const parsed = parseTokenRequest(body, context.now())
  if (!parsed.ok) throw invalidTokenRequest(parsed)
  const { request } = parsed
  if (request.expiresAt !== undefined) {
    throw invalidTokenRequest({
      field: 'expiration_date',
      message:
        'expiration_date cannot be changed: make a new token, and delete this one when it is replaced',
    })
  }
  const token = await getOwnToken(context, manager, tokenOrId)
  const account = await findAccountById(store, token.accountId)
  if (account === undefined) throw new AccessError('access_token_not_found')
  const known = (await listSourceGrants(store, [token.id])).get(token.id) ?? []

  const allowedApis = request.allowedApis ?? token.allowedApis
  const opens = allowedApis.includes('sql') || allowedApis.includes('maps')
  const requested = request.grants ?? known
  const plan = await planSourceGrants(context, account, requested, { opens })
  const refusal = findTokenRefusal({ allowedApis, grants: plan.grants })
  if (refusal !== undefined) throw invalidTokenRequest(refusal)
  const edited = {
    id: token.id,
    name: request.name ?? token.name,
    allowedApis,
    referers: request.referers ?? token.referers,
    updatedAt: context.now(),
  }

  const receipt = await remakeToken(context, manager, { account, token, plan, edited }).catch(
    (error: unknown) => {
      throw sqlstateOf(error) === sqlstates.uniqueViolation ? nameTaken(edited.name) : error
    },
  )
  context.observe({ event: 'access_token_updated', credentialId: token.id })
  return {
    view: await getAccessToken(context, manager, token.id),
    notes: request.notes,
    receipt,
  }
}
