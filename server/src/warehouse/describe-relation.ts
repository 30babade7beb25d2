import { readJson } from './read-value.ts'
import type { Session } from './session.ts'

/** A table or view as far as the asking role may read it. */
export type Relation = {
  readonly schema: string
  readonly name: string
  readonly oid: number
  /** pg_class.relkind */
  readonly kind: string
  /**
   * True when every role that may read the same columns reads the same: it is a table or a
   * materialized view, without row-level security, and with nothing below it that could be elsewhere.
   */
  readonly isSameForAll: boolean
  /** The planner's estimate; -1 while nothing was ever measured. */
  readonly estimatedRows: number
  readonly bytes: number
  readonly columns: readonly RelationColumn[]
}

export type RelationColumn = {
  readonly name: string
  readonly type: string
  readonly typeModifier: number
  /** pg_type.typcategory */
  readonly category: string
}

export type RelationName = { readonly schema: string; readonly name: string }

/**
 * Describes a relation on a session of the asking role: columns it may not read are left out, and a
 * relation it may not read at all is undefined, just as one that does not exist.
 */
export function findRelation(session: Session, name: RelationName): Promise<Relation | undefined> {
  return readJson<Relation>(session, {
    name: 'find-relation',
    text: `select pg_catalog.json_build_object(
        'schema', n.nspname, 'name', c.relname, 'oid', c.oid::pg_catalog.int8, 'kind', c.relkind,
        'isSameForAll', c.relkind = any ('{r,m}'::pg_catalog."char"[])
          and not c.relrowsecurity and not c.relhassubclass,
        'estimatedRows', c.reltuples, 'bytes', pg_catalog.pg_total_relation_size(c.oid),
        'columns', (
          select pg_catalog.json_agg(pg_catalog.json_build_object(
              'name', a.attname, 'type', t.typname, 'typeModifier', a.atttypmod,
              'category', t.typcategory) order by a.attnum)
          from pg_catalog.pg_attribute a
          join pg_catalog.pg_type t on t.oid = a.atttypid
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')))::pg_catalog.text
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1::pg_catalog.name and c.relname = $2::pg_catalog.name
        and c.relkind = any ('{r,v,m,f,p}'::pg_catalog."char"[])
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_any_column_privilege(c.oid, 'select')`,
    values: [name.schema, name.name],
  })
}

/** An identifier in double quotes. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
