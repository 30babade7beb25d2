import type { Queryable } from '../store/database.ts'
import type { GroupRole } from '../store/group-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { lockKey } from './advisory-lock.ts'
import { isAccountSchema } from './resolve-grants.ts'

/** A group role that reads the relations of a schema whose names begin with `prefix`. */
export type PatternRole = {
  readonly role: string
  readonly schemaOid: number
  /** Empty: every relation of the schema. */
  readonly prefix: string
}

/**
 * Told apart in PostgreSQL itself from group roles of one object, by an attribute that means nothing for
 * a role that cannot log in: what may grow must never be taken for what holds just what it holds now.
 */
export const growingMark = 'connection limit 0'

export function groupOfPattern({ role, schemaOid, prefix }: PatternRole): GroupRole {
  return { role, kind: 'pattern', objectOid: schemaOid, privileges: `${prefix}*` }
}

/** Schemas of the account's own that its owner role can look into. */
export async function listAccountSchemas(
  database: Queryable,
  ownerRole: string,
): Promise<{ oid: number; name: string }[]> {
  const { rows } = await database.query<{ oid: number; name: string }>(
    `select n.oid, n.nspname::text as name from pg_namespace n
     where ${isAccountSchema} and has_schema_privilege($1::name, n.oid, 'usage')
     order by n.nspname`,
    [ownerRole],
  )
  return rows
}

/**
 * Makes pattern roles that are not there yet, and makes each hold just what its pattern covers now:
 * relations that came are added, and those that were renamed away are taken out. Must run in a
 * transaction on the account's database with the rights of its owner role; two at once take turns.
 */
export async function refreshPatternRoles(
  transaction: Queryable,
  ownerRole: string,
  patterns: readonly PatternRole[],
): Promise<void> {
  if (patterns.length === 0) return
  await transaction.query('select pg_advisory_xact_lock($1::bigint)', [lockKey('patternRoles')])
  for (const pattern of patterns) await refresh(transaction, ownerRole, pattern)
}

async function refresh(
  transaction: Queryable,
  ownerRole: string,
  { role, schemaOid, prefix }: PatternRole,
): Promise<void> {
  const name = quoteIdentifier(role)
  const { rowCount } = await transaction.query('select from pg_roles where rolname = $1', [role])
  if (rowCount === 0) await transaction.query(`create role ${name} nologin ${growingMark}`)
  const { rows } = await transaction.query<{ schema: string; usable: boolean }>(
    `select n.nspname::text as schema, has_schema_privilege($2::name, n.oid, 'usage') as usable
     from pg_namespace n where n.oid = $1`,
    [schemaOid, role],
  )
  const schema = rows[0]
  // Its tables went with it.
  if (schema === undefined) return
  if (!schema.usable) {
    await transaction.query(`grant usage on schema ${quoteIdentifier(schema.schema)} to ${name}`)
  }
  const { missing, surplus } = await compare(transaction, ownerRole, { role, schemaOid, prefix })
  const qualify = (relations: readonly string[]) =>
    relations
      .map((relation) => `${quoteIdentifier(schema.schema)}.${quoteIdentifier(relation)}`)
      .join(', ')
  if (missing.length > 0) {
    await transaction.query(`grant select on ${qualify(missing)} to ${name}`)
  }
  if (surplus.length > 0) {
    await transaction.query(`revoke all on ${qualify(surplus)} from ${name}`)
  }
}

/** What the role lacks of what its pattern covers and the owner may grant, and what it has too much. */
async function compare(
  transaction: Queryable,
  ownerRole: string,
  { role, schemaOid, prefix }: PatternRole,
): Promise<{ missing: string[]; surplus: string[] }> {
  const { rows } = await transaction.query<{ relation: string; covered: boolean }>(
    `select c.relname::text as relation, starts_with(c.relname::text, $4) as covered
     from pg_class c
     where c.relnamespace = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and starts_with(c.relname::text, $4) <> exists (
         select from aclexplode(c.relacl) a
         where a.grantee = $3::regrole and a.privilege_type = 'SELECT')
       and has_table_privilege($2::name, c.oid, 'select with grant option')`,
    [schemaOid, ownerRole, quoteIdentifier(role), prefix],
  )
  return {
    missing: rows.filter((row) => row.covered).map((row) => row.relation),
    surplus: rows.filter((row) => !row.covered).map((row) => row.relation),
  }
}
