import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { changeDataset } from '../roles/change-dataset.ts'
import type { DatasetPrivacy } from '../roles/datasets.ts'
import { inTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { endPublicReading } from './change-datasets.ts'
import type { CommandContext } from './context.ts'
import { datasetId } from './list-datasets.ts'
import { getTable } from './table-place.ts'

/**
 * Opens a table or view of the account's own database to the public or closes it. When it was closed
 * and this resolves, nobody reads it any more by what the public may; the receipt says what ended.
 * Throws connection_not_found, resource_not_found, invalid_dataset, dataset_in_use.
 */
export async function setTablePrivacy(
  context: CommandContext,
  manager: Pick<Manager, 'accountId' | 'actor' | 'mustStillHold'>,
  asked: {
    readonly connection: string
    readonly table: string
    readonly privacy: DatasetPrivacy
  },
): Promise<Receipt | undefined> {
  const { privacy } = asked
  const opened = await getTable(context, manager, asked.connection, asked.table)
  const { account, connection, table } = opened
  if (!connection.isDefault) {
    throw new AccessError('invalid_dataset', {
      message: 'Only what is in the account’s own database can be public: grant a token instead.',
    })
  }
  await inTransaction(context.store, async (transaction) => {
    await manager.mustStillHold(transaction)
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'dataset.update',
      target: { id: datasetId(account.id, table.oid), name: table.name },
      details: { schema: table.schema, privacy },
    })
    await changeDataset(context.admin, { ...account, oid: table.oid }, { privacy })
  })
  return privacy === 'PRIVATE' ? endPublicReading(context, account.id) : undefined
}
