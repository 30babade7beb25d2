import type { CommandContext } from '@postern/server/commands/context.js'
import { type Account, findActiveAccount } from '@postern/server/store/accounts.js'

/** The account of this name. Throws a sentence when there is none. */
export async function findAccount(
  { store }: Pick<CommandContext, 'store'>,
  name: string,
): Promise<Account> {
  const account = await findActiveAccount(store, name)
  if (account === undefined) throw new Error(`There is no account called '${name}'.`)
  return account
}
