import { parameterText } from '../policy/parameter-text.ts'
import type { RelationName } from '../warehouse/describe-relation.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import type { WireColumn } from '../warehouse/wire-reader.ts'
import { type Column, columnTypeOf, sridOf } from './column.ts'

/** What there is to know of a source before it is read. */
export type Description = {
  readonly columns: readonly Column[]
  /** The schema that PostGIS is installed in. */
  readonly postgisSchema: string
  /** Whether texts can be ordered as Unicode does. */
  readonly hasUnicodeCollation: boolean
}

/** What the catalogue says of a type. A type that nobody shipped has no name that means something. */
const typeFacts = `'typeOid', t.oid::pg_catalog.int8, 'isArray', t.typcategory OPERATOR(pg_catalog.=) 'A',
      'typeName', case when tn.nspname OPERATOR(pg_catalog.=) any (
          array['pg_catalog'::pg_catalog.name, (${postgisSchemaSql()})]) then t.typname else '' end`

/** What it says of the database. */
const databaseFacts = `'postgisSchema', (${postgisSchemaSql()}),
    'hasUnicodeCollation', exists (select from pg_catalog.pg_collation as l
      where l.collname OPERATOR(pg_catalog.=) 'und-x-icu')`

function postgisSchemaSql(): string {
  return `select pn.nspname from pg_catalog.pg_extension as e
          join pg_catalog.pg_namespace as pn on pn.oid OPERATOR(pg_catalog.=) e.extnamespace
          where e.extname OPERATOR(pg_catalog.=) 'postgis'`
}

/** Where a database without PostGIS would have it. */
const usualPostgisSchema = 'postgis'

type DatabaseFacts = {
  readonly postgisSchema: string | null
  readonly hasUnicodeCollation: boolean
}

type TypeFacts = {
  readonly typeOid: number
  readonly typeName: string
  readonly isArray: boolean
}

/**
 * The columns of a table or view that the session's role may read; undefined when it may read none
 * of them, just as when there is no such table.
 */
export async function describeTable(
  session: Session,
  { schema, name }: RelationName,
): Promise<Description | undefined> {
  type Found = DatabaseFacts & {
    readonly columns: readonly (TypeFacts & {
      readonly name: string
      readonly typeModifier: number
    })[]
  }
  const found = await readJson<Found>(session, {
    text: `select pg_catalog.json_build_object(${databaseFacts},
    'columns', pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname, 'typeModifier', a.atttypmod, ${typeFacts}) order by a.attnum))::pg_catalog.text
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid OPERATOR(pg_catalog.=) c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid OPERATOR(pg_catalog.=) c.oid
  join pg_catalog.pg_type as t on t.oid OPERATOR(pg_catalog.=) a.atttypid
  join pg_catalog.pg_namespace as tn on tn.oid OPERATOR(pg_catalog.=) t.typnamespace
  where n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name
    and c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name
    and c.relkind OPERATOR(pg_catalog.=) any ('{r,v,m,f,p}'::pg_catalog."char"[])
    and a.attnum OPERATOR(pg_catalog.>) 0 and not a.attisdropped
    and pg_catalog.has_schema_privilege(n.oid, 'usage')
    and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
  having pg_catalog.count(*) OPERATOR(pg_catalog.>) 0`,
    values: [schema, name],
  })
  if (found === undefined) return undefined
  return {
    ...ofDatabase(found),
    columns: found.columns.map(({ name: column, typeModifier, ...facts }) =>
      toColumn(column, typeModifier, facts),
    ),
  }
}

/** The columns of a query in parentheses, as the session's role would get them; it is not run. */
export async function describeResult(
  session: Session,
  from: string,
  values: readonly (string | null)[],
): Promise<Description> {
  let described: readonly WireColumn[] = []
  await session.run(
    { text: `select * from ${from} as source limit 0`, values },
    {
      columns: (columns) => {
        described = columns
      },
    },
  )
  await session.settled()
  const oids = [...new Set(described.map((column) => column.typeOid))]
  const found = await readJson<DatabaseFacts & { readonly types: readonly TypeFacts[] | null }>(
    session,
    {
      text: `select pg_catalog.json_build_object(${databaseFacts},
    'types', pg_catalog.json_agg(pg_catalog.json_build_object(${typeFacts})))::pg_catalog.text
  from pg_catalog.pg_type as t
  join pg_catalog.pg_namespace as tn on tn.oid OPERATOR(pg_catalog.=) t.typnamespace
  where t.oid OPERATOR(pg_catalog.=) any ($1::pg_catalog.oid[])`,
      values: [parameterText(oids, 'types')],
    },
  )
  const types = new Map((found?.types ?? []).map((facts) => [facts.typeOid, facts]))
  return {
    ...ofDatabase(found),
    columns: described.map(({ name, typeOid, typeModifier }) =>
      toColumn(name, typeModifier, types.get(typeOid) ?? { typeOid, typeName: '', isArray: false }),
    ),
  }
}

function ofDatabase(found: DatabaseFacts | undefined): Omit<Description, 'columns'> {
  return {
    postgisSchema: found?.postgisSchema ?? usualPostgisSchema,
    hasUnicodeCollation: found?.hasUnicodeCollation ?? false,
  }
}

function toColumn(name: string, typeModifier: number, facts: TypeFacts): Column {
  const { typeOid, typeName, isArray } = facts
  const type = columnTypeOf(typeName, isArray)
  const srid = type === 'geometry' ? sridOf(typeModifier) : undefined
  return { name, typeOid, typeName, type, ...(srid !== undefined && { srid }) }
}
