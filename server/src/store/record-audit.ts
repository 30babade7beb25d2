import type { AuditActor } from '../credential/audit-actor.ts'
import type { AuditAction } from './audit-actions.ts'
import type { Queryable } from './database.ts'

/** What was changed; `id` is absent where there is nothing with one. */
export type AuditTarget = { readonly id?: string; readonly name?: string | undefined }

/** Numbers, switches, names and lists of them. Never a secret, and nothing that one can be told from. */
export type AuditDetails = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly string[]>
>

/**
 * Writes an event of the audit log. To be called in the transaction that makes the change: then there
 * is no change without its event, and no event without its change.
 */
export async function recordAudit(
  transaction: Queryable,
  event: {
    readonly actor: AuditActor
    readonly action: AuditAction
    readonly target: AuditTarget
    readonly details?: AuditDetails
  },
): Promise<void> {
  const { actor, action, target, details = {} } = event
  await transaction.query(
    `insert into audit_event (account_id, account_name, actor_kind, actor_id, actor_name,
       acting_for, client_network, action, target_id, target_name, details)
     values ($1::uuid, (select name from account where id = $1::uuid), $2, $3, $4, $5, $6, $7, $8,
       $9, $10)`,
    [
      actor.accountId,
      actor.kind,
      actor.id ?? null,
      actor.name ?? null,
      actor.actingFor ?? null,
      actor.clientNetwork ?? null,
      action,
      target.id ?? null,
      target.name ?? null,
      JSON.stringify(details),
    ],
  )
}
