import { timingSafeEqual } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { findOAuthClient, type OAuthClient } from '../store/oauth-clients.ts'
import { hashToken } from '../token/hash-token.ts'
import type { CommandContext } from './context.ts'
import { isUuid } from './list-users.ts'

/**
 * The client of this id and secret, and of this account where one is named. Throws
 * oauth_invalid_client, in the same words whatever is wrong.
 */
export async function verifyOAuthClient(
  { store }: Pick<CommandContext, 'store'>,
  id: string,
  secret: string | undefined,
  accountName: string | undefined,
): Promise<OAuthClient> {
  const client = isUuid(id) ? await findOAuthClient(store, id) : undefined
  const isThere = client !== undefined && [undefined, client.accountName].includes(accountName)
  if (isThere && isSecretOf(client.secretHash, secret)) return client
  throw new AccessError('oauth_invalid_client')
}

/** A client that has no secret cannot send one, but for the empty one that stands for none. */
function isSecretOf(secretHash: Buffer | null, secret: string | undefined): boolean {
  if (secretHash === null) return secret === undefined || secret === ''
  return secret !== undefined && timingSafeEqual(hashToken(secret), secretHash)
}
