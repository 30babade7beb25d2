import { randomUUID } from 'node:crypto'
import type { Scope } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { parseOAuthClientDetails } from '../policy/oauth-client-details.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { insertOAuthClient, type OAuthClient } from '../store/oauth-clients.ts'
import { insertOAuthGrant } from '../store/oauth-grants.ts'
import { recordAudit } from '../store/record-audit.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

/** Who registers a client: whom a program will act as, and what they may let it do. */
export type ClientRegistrar = ActingManager & { readonly scopes: readonly Scope[] }

/**
 * Registers a client. A program (`m2m`) acts as whoever registers it, and gets a secret, which is told
 * this once. Nobody can register one that may do more than they may themselves.
 * Throws invalid_oauth_client, oauth_client_taken.
 */
export async function createOAuthClient(
  context: CommandContext,
  registrar: ClientRegistrar,
  given: {
    readonly name: unknown
    readonly kind: unknown
    readonly redirectUris?: unknown
    readonly scopes: unknown
  },
): Promise<{ readonly client: OAuthClient; readonly secret: string | undefined }> {
  const parsed = parseOAuthClientDetails(given)
  if (!parsed.ok) throw new AccessError('invalid_oauth_client', { message: parsed.message })
  const { details } = parsed
  const beyond = details.scopes.filter((scope) => !registrar.scopes.includes(scope))
  if (beyond.length > 0) {
    throw new AccessError('invalid_oauth_client', {
      message: `scopes must be what you have yourself, which ${beyond.join(', ')} is not.`,
    })
  }
  const isProgram = details.kind === 'm2m'
  const secret = isProgram ? mintToken('clientSecret', context.randomBytes) : undefined
  const client: OAuthClient = {
    id: randomUUID(),
    accountId: registrar.accountId,
    userId: isProgram ? registrar.userId : null,
    createdAt: context.now(),
    ...details,
  }
  await inTransaction(context.store, async (transaction) => {
    await registrar.mustStillHold(transaction)
    await insertOAuthClient(transaction, {
      ...client,
      secretHash: secret === undefined ? undefined : hashToken(secret),
    })
    await recordAudit(transaction, {
      actor: registrar.actor,
      action: 'oauth_client.create',
      target: client,
      details: { kind: client.kind, scopes: client.scopes, redirect_uris: client.redirectUris },
    })
    if (!isProgram) return
    await insertOAuthGrant(transaction, {
      id: randomUUID(),
      clientId: client.id,
      userId: registrar.userId,
      scopes: client.scopes,
      createdAt: client.createdAt,
      expiresAt: null,
    })
  }).catch((error: unknown) => {
    if (sqlstateOf(error) !== sqlstates.uniqueViolation) throw error
    throw new AccessError('oauth_client_taken', { cause: error })
  })
  context.observe({ event: 'oauth_client_created', clientId: client.id })
  return { client, secret }
}
