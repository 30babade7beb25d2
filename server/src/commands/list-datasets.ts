import { createHash } from 'node:crypto'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { type DatasetRelation, listDatasetRelations } from '../roles/datasets.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import type { CommandContext } from './context.ts'

/** A table or view as the account's owner sees it. */
export type Dataset = Omit<DatasetRelation, 'updatedAt' | 'createdAt'> & {
  /** Stays when the dataset is renamed. */
  readonly id: string
  /** Of the account where nothing is recorded of the dataset. */
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** All datasets of the principal's account, by schema and name. */
export async function listDatasets(
  context: Pick<CommandContext, 'store' | 'admin'>,
  principal: Principal,
): Promise<Dataset[]> {
  const account = await getAccountOf(context, principal)
  const relations = await listDatasetRelations(context.admin, account)
  return relations.map((relation) => ({
    ...relation,
    id: datasetId(account.id, relation.oid),
    createdAt: relation.createdAt ?? account.createdAt,
    updatedAt: relation.updatedAt ?? account.createdAt,
  }))
}

/**
 * One dataset by its id, or by its name: `table` or `schema.table`; without a schema, one in `public`
 * comes first. A name can hold a full stop, and whoever may create tables chooses it: so a text with a
 * schema means that schema's table before a table that is called like the whole text.
 * Throws dataset_not_found.
 */
export async function getDataset(
  context: Pick<CommandContext, 'store' | 'admin'>,
  principal: Principal,
  idOrName: string,
): Promise<Dataset> {
  const datasets = await listDatasets(context, principal)
  const found =
    datasets.find(({ id }) => id === idOrName.toLowerCase()) ??
    datasets.find(
      ({ schema, name }) => `${quoteWhereNeeded(schema)}.${quoteWhereNeeded(name)}` === idOrName,
    ) ??
    datasets.find(({ schema, name }) => `${schema}.${name}` === idOrName) ??
    datasets.find(({ schema, name }) => schema === 'public' && name === idOrName) ??
    datasets.find(({ name }) => name === idOrName)
  if (found === undefined) throw new AccessError('dataset_not_found')
  return found
}

/** The account that a principal acts in. Throws invalid_credential when it has gone. */
export async function getAccountOf(
  context: Pick<CommandContext, 'store'>,
  principal: Principal,
): Promise<Account> {
  const account = await findAccountById(context.store, principal.accountId)
  if (account?.state !== 'active') throw new AccessError('invalid_credential')
  return account
}

/**
 * PostgreSQL knows a relation by its oid, whatever it is called. An id is made from that, so that
 * there is nothing to keep in step; as a UUID of version 8, which may be made in any way.
 */
export function datasetId(accountId: string, oid: number): string {
  const hex = createHash('sha256').update(`${accountId} ${oid}`).digest('hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** As clients write names that SQL needs in quotes. */
function quoteWhereNeeded(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
