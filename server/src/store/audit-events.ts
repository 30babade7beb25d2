import type { AuditActor } from '../credential/audit-actor.ts'
import type { AuditAction } from './audit-actions.ts'
import { answeredSoon, type Queryable } from './database.ts'

/** An event as it was written; names are those of then. */
export type AuditEvent = {
  readonly id: string
  readonly at: Date
  readonly actorKind: AuditActor['kind']
  readonly actorId: string | null
  readonly actorName: string | null
  readonly actingFor: string | null
  readonly clientNetwork: string | null
  readonly action: AuditAction
  readonly targetId: string | null
  readonly targetName: string | null
  readonly details: Readonly<Record<string, unknown>>
}

/** What events to read; what is absent narrows nothing. */
export type AuditFilter = {
  /** From then on, and before then. */
  readonly from?: Date
  readonly to?: Date
  readonly actions?: readonly AuditAction[]
  readonly actorKind?: AuditActor['kind']
  /** Part of the name, or the id, of whoever did it, or part of that of the user they did it for. */
  readonly actor?: string
  /** Part of the name, or the id, of what it was done to. */
  readonly target?: string
}

/** A place in the order of events: everything after it is older. */
export type AuditPlace = Pick<AuditEvent, 'at' | 'id'>

const conditions = `account_id = $1
  and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
  and ($4::text[] is null or action = any ($4)) and ($5::text is null or actor_kind = $5)
  and ($6::text is null or actor_id::text = $6 or position(lower($6) in lower(actor_name)) > 0
    or position(lower($6) in lower(acting_for)) > 0)
  and ($7::text is null or target_id = $7 or position(lower($7) in lower(target_name)) > 0)`

function valuesOf(accountId: string, filter: AuditFilter): unknown[] {
  const { from, to, actions, actorKind, actor, target } = filter
  return [accountId, ...[from, to, actions, actorKind, actor, target].map((value) => value ?? null)]
}

/** Events of an account, the latest first, at most `limit`; with a place, those after it. */
export async function listAuditEvents(
  store: Queryable,
  accountId: string,
  filter: AuditFilter,
  { after, limit }: { readonly after?: AuditPlace | undefined; readonly limit: number },
): Promise<AuditEvent[]> {
  const { rows } = await store.query<AuditEvent>(
    answeredSoon({
      text: `select id, at, actor_kind as "actorKind", actor_id as "actorId",
               actor_name as "actorName", acting_for as "actingFor",
               client_network as "clientNetwork", action, target_id as "targetId",
               target_name as "targetName", details
             from audit_event
             where ${conditions}
               and ($8::timestamptz is null or (at, id) < ($8, $9::uuid))
             order by at desc, id desc limit $10`,
      values: [...valuesOf(accountId, filter), after?.at ?? null, after?.id ?? null, limit],
    }),
  )
  return rows
}

/** How many events there are, counted no further than `limit`. */
export async function countAuditEvents(
  store: Queryable,
  accountId: string,
  filter: AuditFilter,
  limit: number,
): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    answeredSoon({
      text: `select count(*)::integer as count
             from (select from audit_event where ${conditions} limit $8) as counted`,
      values: [...valuesOf(accountId, filter), limit],
    }),
  )
  return rows[0]?.count ?? 0
}

/** Forgets at most `limit` events that are older than a year. Returns how many those were. */
export async function deleteOldAuditEvents(store: Queryable, limit: number): Promise<number> {
  // By the clock that the trigger looks at, which lets nothing younger go.
  const { rowCount } = await store.query(
    `delete from audit_event where id in (
       select id from audit_event
       where at < clock_timestamp() - interval '365 days' limit $1)`,
    [limit],
  )
  return rowCount ?? 0
}
