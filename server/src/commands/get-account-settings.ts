import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import { countRegularApiKeys } from '../store/api-keys.ts'
import type { CommandContext } from './context.ts'

/** The account that is managed, with its settings, and how many regular keys it has. */
export async function getAccountSettings(
  { store }: Pick<CommandContext, 'store'>,
  { accountId }: Pick<Manager, 'accountId'>,
): Promise<{ readonly account: Account; readonly regularKeys: number }> {
  const account = await findAccountById(store, accountId)
  if (account === undefined) throw new AccessError('credential_revoked')
  return { account, regularKeys: await countRegularApiKeys(store, accountId) }
}
