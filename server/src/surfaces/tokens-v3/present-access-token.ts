import type { AccessTokenView } from '../../commands/view-access-tokens.ts'

/** An access token in the words of the wire; with `notes`, how the request for it was read. */
export function presentAccessToken(view: AccessTokenView, notes: readonly string[] = []) {
  return {
    id: view.id,
    token: view.token,
    name: view.name,
    allowed_apis: view.allowedApis,
    grants: view.grants.map(({ connectionName, source }) => ({
      connection_name: connectionName,
      source,
    })),
    referers: view.referers,
    expiration_date: view.expiresAt?.toISOString() ?? null,
    account_id: view.accountId,
    user_id: view.userId,
    created_at: view.createdAt.toISOString(),
    updated_at: view.updatedAt.toISOString(),
    last_used_at: view.lastUsedAt?.toISOString() ?? null,
    ...(notes.length > 0 && { notes }),
  }
}
