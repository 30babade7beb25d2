import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { changeDataset, type DatasetChanges, dropDataset } from '../roles/change-dataset.ts'
import { inTransaction } from '../store/database.ts'
import { type AuditDetails, recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { type Dataset, getAccountOf, getDataset } from './list-datasets.ts'
import { mustStillHold } from './must-still-hold.ts'

export type { DatasetChanges }

/** The longest name that PostgreSQL keeps, in bytes. */
const maxNameBytes = 63

/**
 * Renames a dataset, says something of it, opens or closes it to the public. When it was closed and
 * this resolves, nobody reads it any more by what the public may: the account's answers under any but
 * the master key have been cut off on every node.
 * Throws dataset_not_found, dataset_in_use, invalid_dataset.
 */
export async function updateDataset(
  context: CommandContext,
  caller: Caller,
  idOrName: string,
  changes: DatasetChanges,
): Promise<Dataset> {
  const account = await getAccountOf(context, caller)
  const dataset = await getDataset(context, caller, idOrName)
  const { name } = changes
  if (name !== undefined) mustBeName(name)
  await inTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction, caller)
    await recordAudit(transaction, {
      actor: auditActorOf(caller),
      action: 'dataset.update',
      target: dataset,
      details: auditOfChanges(changes),
    })
    await changeDataset(context.admin, { ...account, oid: dataset.oid }, changes)
  })
  if (changes.privacy === 'PRIVATE') await endPublicReading(context, account.id)
  return getDataset(context, caller, dataset.id)
}

/** Drops a dataset's table or view. Throws dataset_not_found, dataset_in_use, invalid_dataset. */
export async function deleteDataset(
  context: CommandContext,
  caller: Caller,
  idOrName: string,
): Promise<void> {
  const account = await getAccountOf(context, caller)
  const dataset = await getDataset(context, caller, idOrName)
  await inTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction, caller)
    await recordAudit(transaction, {
      actor: auditActorOf(caller),
      action: 'dataset.delete',
      target: dataset,
    })
    await dropDataset(context.admin, { ...account, oid: dataset.oid })
  })
}

/** What is said of it is nobody's access: only that it was changed. */
function auditOfChanges({ name, privacy, ...said }: DatasetChanges): AuditDetails {
  return { name, privacy, changed: Object.keys(said) }
}

/**
 * Ends all answers of an account under any but the master key, because a table was closed to the public.
 * Also when it was private before: an earlier attempt may have stopped half-way.
 */
export async function endPublicReading(
  context: CommandContext,
  accountId: string,
): Promise<Receipt | undefined> {
  return context.revoker.revoke(
    { kind: 'public_access', accountId, credentialId: null, roles: [] },
    async () => true,
  )
}

function mustBeName(name: string): void {
  const bytes = Buffer.byteLength(name)
  if (bytes > 0 && bytes <= maxNameBytes && isStorableText(name)) return
  throw new AccessError('invalid_dataset', {
    message: `Validation failed: Name must have 1 to ${maxNameBytes} bytes`,
  })
}
