import type { TokenApi } from '../credential/principal.ts'
import type { AccessToken, AccessTokenSecrets } from '../store/access-tokens.ts'
import { listSourceGrants } from '../store/source-grants.ts'
import { listUses } from '../store/usage.ts'
import { openAccessToken } from './access-token-secrets.ts'
import type { CommandContext } from './context.ts'

/** An access token as its owner sees it. */
export type AccessTokenView = {
  readonly id: string
  /** The token itself: whoever has it can use it. Null where it was shown once. */
  readonly token: string | null
  readonly name: string
  readonly allowedApis: readonly TokenApi[]
  readonly grants: readonly { readonly connectionName: string; readonly source: string }[]
  readonly referers: readonly string[]
  readonly expiresAt: Date | null
  readonly accountId: string
  readonly userId: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly lastUsedAt: Date | null
}

/** Opens tokens for the user that they belong to. */
export async function viewAccessTokens(
  { store, keyRing }: Pick<CommandContext, 'store' | 'keyRing'>,
  tokens: readonly (AccessToken & AccessTokenSecrets)[],
): Promise<AccessTokenView[]> {
  const ids = tokens.map(({ id }) => id)
  const grants = await listSourceGrants(store, ids)
  const uses = await listUses(store, 'access_token', ids)
  return tokens.map((token) => ({
    id: token.id,
    token: openAccessToken(keyRing(), token.id, token) ?? null,
    name: token.name,
    allowedApis: token.allowedApis,
    grants: (grants.get(token.id) ?? []).map(({ connectionName, source }) => ({
      connectionName,
      source,
    })),
    referers: token.referers,
    expiresAt: token.expiresAt,
    accountId: token.accountId,
    userId: token.userId,
    createdAt: token.createdAt,
    updatedAt: token.updatedAt,
    lastUsedAt: uses.get(token.id)?.lastUsedAt ?? null,
  }))
}
