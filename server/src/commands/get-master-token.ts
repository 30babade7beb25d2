import { AccessError } from '../errors.ts'
import { findActiveAccount } from '../store/accounts.ts'
import { findApiKeyByName } from '../store/api-keys.ts'
import { openToken } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'

/**
 * The token of an account's master key, for whoever runs the installation: the answer that told a
 * new one may have been lost. Throws account_not_found, token_not_kept.
 */
export async function getMasterToken(
  context: Pick<CommandContext, 'store' | 'keyRing'>,
  accountName: string,
): Promise<string> {
  const account = await findActiveAccount(context.store, accountName)
  const key = account && (await findApiKeyByName(context.store, account.id, 'Master'))
  if (key === undefined) {
    throw new AccessError('account_not_found', {
      message: `There is no account called '${accountName}'.`,
    })
  }
  const token = openToken(context.keyRing(), key.id, key)
  if (token === undefined) throw new AccessError('token_not_kept')
  return token
}
