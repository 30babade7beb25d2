import type { Principal } from '../credential/principal.ts'
import { type AccountUsage, readAccountUsage } from '../roles/account-usage.ts'
import { findApiKeyByName, type StoredGrants } from '../store/api-keys.ts'
import type { CommandContext } from './context.ts'
import { getAccountOf, listDatasets } from './list-datasets.ts'

export type AccountDescription = {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly usage: AccountUsage
  readonly datasets: number
  readonly publicDatasets: number
}

/** What a principal may be told of its account. */
export async function describeAccount(
  context: Pick<CommandContext, 'store' | 'admin'>,
  principal: Principal,
): Promise<AccountDescription> {
  const account = await getAccountOf(context, principal)
  const datasets = await listDatasets(context, principal)
  return {
    id: account.id,
    name: account.name,
    createdAt: account.createdAt,
    usage: await readAccountUsage(context.admin, account.database),
    datasets: datasets.length,
    publicDatasets: datasets.filter(({ privacy }) => privacy === 'PUBLIC').length,
  }
}

/** The grants that a principal's key was given; undefined when it has ended meanwhile. */
export async function findGrantsOf(
  context: Pick<CommandContext, 'store'>,
  principal: Principal,
): Promise<StoredGrants | undefined> {
  const { store } = context
  const key = await findApiKeyByName(store, principal.accountId, principal.credentialName)
  return key?.id === principal.credentialId ? key.grants : undefined
}
