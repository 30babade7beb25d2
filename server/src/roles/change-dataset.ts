import { AccessError } from '../errors.ts'
import { inRetriedTransaction, type Queryable, sqlstateOf } from '../store/database.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { objectLockKey } from './advisory-lock.ts'
import type { DatasetPrivacy, DatasetRelation } from './datasets.ts'

/** What is to be different; what is absent stays. Null empties. */
export type DatasetChanges = {
  readonly name?: string
  readonly privacy?: DatasetPrivacy
  readonly description?: string | null
  readonly title?: string | null
  readonly tags?: readonly string[]
  readonly license?: string | null
  readonly attributions?: string | null
  readonly locked?: boolean
}

export type DatasetPlace = {
  readonly database: string
  readonly ownerRole: string
  readonly publicRole: string
  readonly oid: number
}

/**
 * Renames a table or view, says something of it, opens it to the public role or closes it: all of it
 * or nothing. With privacy PRIVATE the public role has no privilege left on it when this resolves.
 * Throws dataset_not_found, dataset_in_use, invalid_dataset for a name that is taken.
 */
export async function changeDataset(
  admin: Admin,
  place: DatasetPlace,
  changes: DatasetChanges,
): Promise<void> {
  await asItsOwner(admin, place, async (transaction, relation) => {
    const { privacy, description, name } = changes
    if (privacy !== undefined) await changePrivacy(transaction, place, relation, privacy)
    if (description !== undefined) {
      const text = description === null ? 'null' : quoteLiteral(description)
      await transaction.query(`comment on ${relation.kind} ${relation.sqlName} is ${text}`)
    }
    await upsertFacts(transaction, place.oid, changes)
    if (name !== undefined && name !== relation.name) {
      await transaction.query(
        `alter ${relation.kind} ${relation.sqlName} rename to ${quoteIdentifier(name)}`,
      )
    }
    const found = await findRelation(transaction, place.oid)
    if (found?.name !== (name ?? relation.name) || found.schemaOid !== relation.schemaOid) {
      throw changedHands()
    }
  })
}

/**
 * Drops a table or view, and what is said of it.
 * Throws dataset_not_found, dataset_in_use, invalid_dataset when others are made from it.
 */
export async function dropDataset(admin: Admin, place: DatasetPlace): Promise<void> {
  await asItsOwner(admin, place, async (transaction, relation) => {
    await transaction.query(`drop ${relation.kind} ${relation.sqlName}`)
    for (const table of ['cdb_dataset', 'cdb_tablemetadata']) {
      await transaction.query(`delete from cartodb.${table} where tabname = $1::oid::regclass`, [
        place.oid,
      ])
    }
    if ((await findRelation(transaction, place.oid)) !== undefined) throw changedHands()
  })
}

type Relation = {
  readonly name: string
  readonly kind: DatasetRelation['kind']
  readonly schemaOid: number
  readonly schemaName: string
  /** Quoted and qualified. */
  readonly sqlName: string
}

/** Whatever changes the privileges of one object takes its turn, here as for the grants of keys. */
async function asItsOwner(
  admin: Admin,
  place: DatasetPlace,
  work: (transaction: Queryable, relation: Relation) => Promise<void>,
): Promise<void> {
  await inRetriedTransaction(admin.on(place.database), async (transaction) => {
    // Whoever reads a table holds up its renaming and dropping; others would wait behind that.
    await transaction.query(`set local lock_timeout = '5s'`)
    await actingFor(admin, transaction, [place.ownerRole], async () => {
      const found = await findRelation(transaction, place.oid)
      if (found === undefined) throw new AccessError('dataset_not_found')
      await transaction.query(
        'select pg_catalog.pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key',
        [[found.schemaOid, place.oid].sort((a, b) => a - b).map(objectLockKey)],
      )
      // Its name may have changed hands while we waited.
      const relation = await findRelation(transaction, place.oid)
      if (relation === undefined) throw new AccessError('dataset_not_found')
      await work(transaction, relation)
    })
  }).catch((error: unknown) => {
    throw datasetError(error)
  })
}

async function findRelation(transaction: Queryable, oid: number): Promise<Relation | undefined> {
  const { rows } = await transaction.query<Relation>(
    `select c.relname::text as name,
       case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
         when 'f' then 'foreign table' else 'table' end as kind,
       n.oid as "schemaOid", format('%I', n.nspname) as "schemaName",
       format('%I.%I', n.nspname, c.relname) as "sqlName"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1`,
    [oid],
  )
  return rows[0]
}

async function changePrivacy(
  transaction: Queryable,
  place: DatasetPlace,
  relation: Relation,
  privacy: DatasetPrivacy,
): Promise<void> {
  const role = quoteIdentifier(place.publicRole)
  if (privacy === 'PRIVATE') {
    await transaction.query(`revoke all on ${relation.sqlName} from ${role}, public`)
    // Rights on single columns, and those that somebody else gave.
    if (await isOpen(transaction, place)) {
      throw new AccessError('invalid_dataset', {
        message:
          'The public still has rights on this dataset that somebody else gave: revoke those first',
      })
    }
  } else {
    await transaction.query(`grant select on ${relation.sqlName} to ${role}`)
    await transaction.query(`grant usage on schema ${relation.schemaName} to ${role}`)
  }
  await transaction.query(
    `insert into cartodb.cdb_dataset (tabname, unlisted) values ($1::oid::regclass, $2)
     on conflict (tabname) do update set unlisted = excluded.unlisted`,
    [place.oid, privacy === 'LINK'],
  )
}

async function isOpen(transaction: Queryable, place: DatasetPlace): Promise<boolean> {
  const { rows } = await transaction.query<{ open: boolean }>(
    `select has_table_privilege($1::name, $2::oid, 'select, insert, update, delete, truncate')
       or has_any_column_privilege($1::name, $2::oid, 'select, insert, update') as open`,
    [place.publicRole, place.oid],
  )
  return rows[0]?.open ?? true
}

async function upsertFacts(
  transaction: Queryable,
  oid: number,
  changes: DatasetChanges,
): Promise<void> {
  const columns = ['title', 'tags', 'license', 'attributions', 'locked'] as const
  for (const column of columns) {
    const value = changes[column]
    if (value === undefined) continue
    await transaction.query(
      `insert into cartodb.cdb_dataset (tabname, ${column}) values ($1::oid::regclass, $2)
       on conflict (tabname) do update set ${column} = excluded.${column}`,
      [oid, value],
    )
  }
}

/**
 * Statements name what they change, and a name can change hands between looking it up and using it.
 * The object itself must show the change, or all of it is undone.
 */
function changedHands(): AccessError {
  return new AccessError('dataset_in_use')
}

/** What PostgreSQL refuses here, in words that are the caller's business. */
function datasetError(error: unknown): unknown {
  const [code, message] = {
    '55P03': ['dataset_in_use', undefined] as const,
    '42P07': ['invalid_dataset', 'Validation failed: Name has already been taken'] as const,
    '2BP01': [
      'invalid_dataset',
      'Other datasets are made from this one: delete those first',
    ] as const,
    '42P01': ['dataset_not_found', undefined] as const,
    // Partitions, and types of the same name.
    '42710': ['invalid_dataset', 'Validation failed: Name has already been taken'] as const,
  }[sqlstateOf(error) ?? ''] ?? [undefined, undefined]
  if (code === undefined) return error
  return new AccessError(code, { ...(message !== undefined && { message }), cause: error })
}
