import type { RelationRights, RoleRights } from '../policy/missing-privileges.ts'
import type { Requirement } from '../policy/requirement.ts'
import type { RelationRef } from '../policy/survey-statement.ts'
import type { Queryable } from '../store/database.ts'

/** Whose rights, where names without a schema are looked for, and who may know what there is. */
export type RoleQuestion = {
  readonly role: string
  readonly searchPath: readonly string[]
  /** Relations that this role may not read are not there, unless they are PostgreSQL's own. */
  readonly ownerRole: string
}

/**
 * What a role may do with all that these requirements name, as PostgreSQL's catalogue says it by the
 * name of the role: nothing of the statement is run, planned or read.
 */
export async function readRoleRights(
  database: Queryable,
  question: RoleQuestion,
  requirements: readonly Requirement[],
): Promise<RoleRights> {
  const named = new Map<string, RelationRef>()
  for (const one of requirements) {
    if (one.what !== 'table') continue
    for (const relation of [one.relation, ...one.reads.flatMap(({ unlessIn }) => unlessIn)]) {
      if (isKnown(relation)) named.set(keyOf(relation.schema, relation.name), relation)
    }
  }
  const relations = await readRelations(database, question, [...named.values()])
  const schemas = await readSchemas(database, question, requirements)
  const functions = await readFunctions(database, question, requirements)
  return {
    relation: (relation) => relations.get(keyOf(relation.schema, relation.name)),
    creation: (schema) => schemas.get(schema ?? question.searchPath[0] ?? ''),
    mayCreateTemporary: schemas.get('')?.mayCreate === true,
    mayCall: (schema, name) => functions.get(keyOf(schema, name)) !== false,
  }
}

function isKnown(relation: RelationRef | undefined): relation is RelationRef {
  return relation !== undefined && !/\0/.test(`${relation.schema}${relation.name}`)
}

/** As PostgreSQL looks for names: its own first, then along the path where the role may look. */
async function readRelations(
  database: Queryable,
  { role, ownerRole, searchPath }: RoleQuestion,
  names: readonly RelationRef[],
): Promise<Map<string, RelationRights>> {
  if (names.length === 0) return new Map()
  const { rows } = await database.query<RelationRights & { readonly position: number }>({
    name: 'read-relation-rights',
    text: `select asked.position::integer - 1 as position, n.nspname::text as schema,
       c.relname::text as name,
       has_schema_privilege($1::name, n.oid, 'usage') as "reachesSchema",
       array(
         select privilege
         from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references'])
           as privilege
         where has_table_privilege($1::name, c.oid, privilege)
         union all
         select 'usage' where case when c.relkind = 'S'
           then has_sequence_privilege($1::name, c.oid, 'usage, update') end
         union all
         select 'ownership' where pg_has_role($1::name, c.relowner, 'usage')
       ) as held,
       has_any_column_privilege($1::name, c.oid, 'select') as "readsSomeColumns",
       coalesce(c.relkind = 'v' and c.reloptions && array['security_invoker=true',
         'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'], false)
         as "isInvokersView",
       has_table_privilege($2::name, c.oid, 'select with grant option') as "isGrantable",
       array(select a.attname::text from pg_attribute a
         where a.attrelid = c.oid and not a.attisdropped) as columns
     from unnest($3::text[], $4::text[]) with ordinality as asked (schema, name, position)
     cross join lateral (
       select c.oid, c.relname, c.relkind, c.relowner, c.reloptions, c.relnamespace
       from pg_class c join pg_namespace s on s.oid = c.relnamespace
       -- As it is for the index; as text because a longer name is none.
       where c.relname = asked.name::name and c.relname::text = asked.name
         and (s.nspname::text = asked.schema
           or asked.schema is null and s.nspname::text = any ($5::text[])
             and has_schema_privilege($1::name, s.oid, 'usage'))
         and (s.nspname in ('pg_catalog', 'information_schema')
           or has_schema_privilege($2::name, s.oid, 'usage') and case
             when c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
             then has_table_privilege($2::name, c.oid, 'select')
             else pg_has_role($2::name, c.relowner, 'usage') end)
       order by array_position($5::text[], s.nspname::text) limit 1
     ) c
     join pg_namespace n on n.oid = c.relnamespace`,
    values: [
      role,
      ownerRole,
      names.map(({ schema }) => schema ?? null),
      names.map(({ name }) => name),
      ['pg_catalog', ...searchPath],
    ],
  })
  return new Map(
    rows.map(({ position, ...rights }) => {
      const asked = names[position]
      return [keyOf(asked?.schema, asked?.name ?? ''), rights]
    }),
  )
}

/** By name; under no name, whether temporary tables can be made. */
async function readSchemas(
  database: Queryable,
  { role, searchPath }: RoleQuestion,
  requirements: readonly Requirement[],
): Promise<Map<string, { schema: string; mayCreate: boolean }>> {
  const names = requirements.flatMap((one) =>
    one.what === 'creation' ? [one.schema ?? searchPath[0] ?? ''] : [],
  )
  if (names.length === 0) return new Map()
  const { rows } = await database.query<{ schema: string; mayCreate: boolean }>(
    `select n.nspname::text as schema, has_schema_privilege($1::name, n.oid, 'create') as "mayCreate"
     from pg_namespace n where n.nspname::text = any ($2::text[])
     union all
     select '', has_database_privilege($1::name, current_database(), 'temporary')`,
    [role, names],
  )
  return new Map(rows.map((row) => [row.schema, row]))
}

/** Whether the role may call any function of a name; nothing of names that no function has. */
async function readFunctions(
  database: Queryable,
  { role, searchPath }: RoleQuestion,
  requirements: readonly Requirement[],
): Promise<Map<string, boolean>> {
  const asked = requirements.filter((one) => one.what === 'function')
  if (asked.length === 0) return new Map()
  const { rows } = await database.query<{
    schema: string | null
    name: string
    mayCall: boolean
  }>({
    name: 'read-function-rights',
    text: `select asked.schema, asked.name,
       bool_or(has_schema_privilege($1::name, n.oid, 'usage')
         and has_function_privilege($1::name, p.oid, 'execute')) as "mayCall"
     from (select distinct schema, name from unnest($2::text[], $3::text[]) as given (schema, name))
       as asked
     join pg_proc p on p.proname = asked.name::name and p.proname::text = asked.name
     join pg_namespace n on n.oid = p.pronamespace and (n.nspname::text = asked.schema
       or asked.schema is null and n.nspname::text = any ($4::text[]))
     group by asked.schema, asked.name`,
    values: [
      role,
      asked.map(({ schema }) => schema ?? null),
      asked.map(({ name }) => name),
      ['pg_catalog', ...searchPath],
    ],
  })
  return new Map(rows.map(({ schema, name, mayCall }) => [keyOf(schema, name), mayCall]))
}

function keyOf(schema: string | null | undefined, name: string): string {
  return JSON.stringify([schema ?? null, name])
}
