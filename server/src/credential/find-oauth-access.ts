import type { Database } from '../store/database.ts'
import { findOAuthAccessToken } from '../store/oauth-tokens.ts'
import { hashToken } from '../token/hash-token.ts'
import type { Principal } from './principal.ts'

/** Whom an OAuth access token stands for, and what the application may do; undefined when there is none. */
export async function findOAuthAccess(
  store: Database,
  token: string,
): Promise<{ readonly principal: Principal; readonly epoch: number } | undefined> {
  const found = await findOAuthAccessToken(store, hashToken(token))
  if (found === undefined) return undefined
  const { userId, grantId, clientId, requestsPerSecond } = found
  const principal: Principal = Object.freeze({
    accountId: found.accountId,
    accountName: found.accountName,
    credentialId: found.id,
    credentialName: found.clientName,
    kind: 'oauth',
    allowedApis: Object.freeze([]),
    engineEnabled: found.engineEnabled,
    ...(requestsPerSecond !== null && { requestsPerSecond }),
    expiresAtMs: found.expiresAt.getTime(),
    database: found.database,
    role: '',
    issuedAtMs: found.createdAt.getTime(),
    mayWrite: false,
    user: Object.freeze({
      id: userId,
      name: found.userName,
      email: found.email,
      level: found.level,
      scopes: found.scopes,
      clientId,
      endsWith: [userId, grantId, clientId],
    }),
  })
  return { principal, epoch: found.epoch }
}
