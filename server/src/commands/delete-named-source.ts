import { listTokensGranting } from '../store/access-tokens.ts'
import { findAccountById } from '../store/accounts.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { deleteNamedSourceRow } from '../store/named-sources.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { getNamedSource } from './list-named-sources.ts'
import { namedSourceNotFound } from './named-source-relations.ts'
import type { ActingManager } from './operator.ts'
import { regrantTokens } from './regrant-tokens.ts'

/** Tokens can be made while others lose the grant. */
const maxAttempts = 5

/**
 * Deletes a named source, and takes it from every token that grants it: one that was granted nothing
 * else stays and opens nothing. When it resolves nothing runs by it any more.
 * Throws named_source_not_found.
 */
export async function deleteNamedSource(
  context: CommandContext,
  manager: ActingManager,
  name: string,
): Promise<void> {
  const { store } = context
  const { id } = await getNamedSource(context, manager, name)
  const account = await findAccountById(store, manager.accountId)
  if (account === undefined) throw namedSourceNotFound()
  for (let attempt = 1; ; attempt += 1) {
    const tokens = await listTokensGranting(store, id, null)
    await regrantTokens(context, manager, account, tokens, (grant) =>
      grant.namedSourceId === id ? undefined : grant,
    )
    try {
      await inTransaction(store, async (transaction) => {
        await manager.mustStillHold(transaction)
        await deleteNamedSourceRow(transaction, id)
        await recordAudit(transaction, {
          actor: manager.actor,
          action: 'named_source.delete',
          target: { id, name },
        })
      })
      return
    } catch (error) {
      const isGranted = sqlstateOf(error) === sqlstates.foreignKeyViolation
      if (!isGranted || attempt >= maxAttempts) throw error
    }
  }
}
