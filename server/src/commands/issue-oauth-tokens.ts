import { randomUUID } from 'node:crypto'
import type { Scope } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { scopesWithin } from '../policy/user-levels.ts'
import { type Database, inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { findGrantOfProgram, type OAuthClient } from '../store/oauth-clients.ts'
import { deleteExpiredOAuthGrants } from '../store/oauth-grants.ts'
import {
  deleteExpiredOAuthTokens,
  insertOAuthToken,
  type UsedToken,
  useOAuthToken,
} from '../store/oauth-tokens.ts'
import { answersChallenge } from '../token/code-challenge.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import { endMisusedGrant } from './end-oauth-grant.ts'

/** Clients of the current platform expect a day of a program's token. */
const programLifeSeconds = 24 * 60 * 60
/** An application gets another one with its refresh token. */
const applicationLifeSeconds = 60 * 60

/** What a client gets, once: none of it is kept in clear. */
export type IssuedTokens = {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number
  readonly scopes: readonly Scope[]
}

type Client = Pick<OAuthClient, 'id' | 'kind' | 'scopes'>

/**
 * A token for a program, which acts as its user: RFC 6749, section 4.4. It may do what the client and
 * its user may, or as much of that as is asked for.
 * Throws oauth_unauthorized_client, oauth_invalid_scope.
 */
export async function issueForProgram(
  context: CommandContext,
  client: Client,
  wanted: readonly string[],
): Promise<IssuedTokens> {
  const found = await findGrantOfProgram(context.store, client.id)
  if (client.kind !== 'm2m' || found === undefined)
    throw new AccessError('oauth_unauthorized_client')
  mustBeAmong(wanted, client.scopes)
  const scopes = scopesWithin(found.level, wanted.length === 0 ? client.scopes : wanted)
  if (scopes.length === 0) throw new AccessError('oauth_invalid_scope')
  return issue(context, client, { grantId: found.grantId, scopes, grantExpiresAt: null })
}

/**
 * Tokens for the code that an application was sent: RFC 6749, section 4.1.3, with RFC 7636. The code is
 * used up by the attempt, whatever comes of it; whoever brings it again ends what was given for it.
 * Throws oauth_invalid_grant.
 */
export async function issueForCode(
  context: CommandContext,
  client: Client,
  sent: { readonly code: string; readonly redirectUri: string; readonly codeVerifier: string },
): Promise<IssuedTokens> {
  const used = await useUp(context, client, 'code', sent.code)
  const isAnswered = answersChallenge(sent.codeVerifier, used.codeChallenge ?? '')
  if (used.redirectUri !== sent.redirectUri || !isAnswered) {
    await endMisusedGrant(context, used.grantId)
    throw new AccessError('oauth_invalid_grant')
  }
  return issue(context, client, used)
}

/**
 * Tokens for a refresh token, which is used up: RFC 6749, section 6. As much of what it was good for as
 * is asked for. Throws oauth_invalid_grant, oauth_invalid_scope.
 */
export async function issueForRefreshToken(
  context: CommandContext,
  client: Client,
  sent: { readonly refreshToken: string; readonly scopes: readonly string[] },
): Promise<IssuedTokens> {
  const used = await useUp(context, client, 'refresh', sent.refreshToken)
  mustBeAmong(sent.scopes, used.scopes)
  const wanted = sent.scopes.length === 0 ? used.scopes : sent.scopes
  const scopes = scopesWithin(used.level, wanted)
  if (scopes.length === 0) throw new AccessError('oauth_invalid_scope')
  return issue(context, client, { ...used, scopes })
}

async function useUp(
  context: CommandContext,
  client: Client,
  kind: 'code' | 'refresh',
  token: string,
): Promise<UsedToken> {
  const now = context.now()
  const used = await useOAuthToken(context.store, kind, hashToken(token), now)
  if (used === undefined) throw new AccessError('oauth_invalid_grant')
  if (used.isUsedAgain || used.clientId !== client.id) {
    await endMisusedGrant(context, used.grantId)
    throw new AccessError('oauth_invalid_grant')
  }
  const ends = [used.expiresAt, used.grantExpiresAt ?? used.expiresAt]
  if (ends.some((end) => end <= now)) throw new AccessError('oauth_invalid_grant')
  return used
}

async function issue(
  context: CommandContext,
  client: Client,
  given: {
    readonly grantId: string
    readonly scopes: readonly Scope[]
    readonly grantExpiresAt: Date | null
  },
): Promise<IssuedTokens> {
  const { grantId, scopes, grantExpiresAt } = given
  const now = context.now()
  const lifeSeconds =
    grantExpiresAt === null
      ? programLifeSeconds
      : Math.min(applicationLifeSeconds, Math.floor((+grantExpiresAt - +now) / 1_000))
  const accessToken = mintToken('oauth', context.randomBytes)
  const refreshToken =
    grantExpiresAt === null ? undefined : mintToken('refresh', context.randomBytes)
  const row = (token: string) => ({
    id: randomUUID(),
    tokenHash: hashToken(token),
    grantId,
    scopes,
    createdAt: now,
  })
  await inTransaction(context.store, async (transaction) => {
    await insertOAuthToken(transaction, {
      ...row(accessToken),
      kind: 'access',
      expiresAt: new Date(now.getTime() + lifeSeconds * 1_000),
    })
    if (refreshToken === undefined || grantExpiresAt === null) return
    await insertOAuthToken(transaction, {
      ...row(refreshToken),
      kind: 'refresh',
      expiresAt: grantExpiresAt,
    })
  }).catch((error: unknown) => {
    // The grant has ended since.
    if (sqlstateOf(error) !== sqlstates.foreignKeyViolation) throw error
    throw new AccessError('oauth_invalid_grant', { cause: error })
  })
  await clearAway(context.store, now)
  context.observe({ event: 'oauth_token_issued', clientId: client.id })
  return { accessToken, refreshToken, expiresInSeconds: lifeSeconds, scopes }
}

async function clearAway(store: Database, now: Date): Promise<void> {
  await deleteExpiredOAuthGrants(store, now)
  await deleteExpiredOAuthTokens(store, now)
}

function mustBeAmong(wanted: readonly string[], had: readonly Scope[]): void {
  const names: readonly string[] = had
  if (!wanted.every((scope) => names.includes(scope))) throw new AccessError('oauth_invalid_scope')
}
