import type { Queryable } from '../src/store/database.ts'
import { quoteIdentifier } from '../src/store/quote-identifier.ts'

const heading = `-- The control database as the migrations make it, to be read in one piece.
-- Made by \`npm run schema:update\`; a test compares.
`

/**
 * The schema of the control database as SQL, from the catalogue. The same whatever the version of
 * PostgreSQL and whatever the way in which the schema came about.
 */
export async function dumpSchema(store: Queryable): Promise<string> {
  await refuseWhatIsNotDumped(store)
  const columns = await listColumns(store)
  const constraints = await listConstraints(store)
  const indexes = await listIndexes(store)
  const tables = [...new Set(columns.map(({ table }) => table))]
  const blocks = tables.map((table) => {
    const members = [
      ...columns.filter((column) => column.table === table),
      ...constraints.filter((constraint) => constraint.table === table && !constraint.isForeign),
    ]
    const lines = members.map(({ definition }) => `  ${definition}`)
    return `create table ${quoteIfNeeded(table)} (\n${lines.join(',\n')}\n);\n`
  })
  const routines = await listRoutines(store)
  const foreign = constraints
    .filter(({ isForeign }) => isForeign)
    .map(({ table, definition }) => `alter table ${quoteIfNeeded(table)} add ${definition};`)
  return [
    heading,
    ...blocks,
    `${foreign.join('\n')}\n`,
    `${indexes.map((index) => `${index};`).join('\n')}\n`,
    ...routines.map((routine) => `${routine};\n`),
  ].join('\n')
}

type Member = { readonly table: string; readonly definition: string }

async function listColumns(store: Queryable): Promise<Member[]> {
  const { rows } = await store.query<Member>(
    `select c.relname as table,
       concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
         case when a.attnotnull then 'not null' end,
         'default ' || pg_get_expr(d.adbin, d.adrelid)) as definition
     from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by c.relname, a.attnum`,
  )
  return rows
}

async function listConstraints(store: Queryable): Promise<(Member & { isForeign: boolean })[]> {
  const { rows } = await store.query<Member & { isForeign: boolean }>(
    `select c.relname as table, k.contype = 'f' as "isForeign",
       'constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) as definition
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     where c.relnamespace = 'public'::regnamespace and k.contype <> 'n'
     order by c.relname, position(k.contype::text in 'pucf'), k.conname`,
  )
  return rows
}

/** Those that no constraint makes. */
async function listIndexes(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ definition: string }>(
    `select pg_get_indexdef(i.indexrelid) as definition
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace
       and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
     order by c.relname`,
  )
  return rows.map(({ definition }) => definition)
}

/** Functions, and then the triggers that call them. */
async function listRoutines(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ definition: string }>(
    `select rtrim(pg_get_functiondef(oid), E'\\n') as definition, 1 as rank, proname as name
     from pg_proc where pronamespace = 'public'::regnamespace
     union all
     select replace(pg_get_triggerdef(t.oid), 'public.', ''), 2, tgname
     from pg_trigger t where not tgisinternal
     order by rank, name`,
  )
  return rows.map(({ definition }) => definition)
}

/** What the dump would leave out silently. */
async function refuseWhatIsNotDumped(store: Queryable): Promise<void> {
  const { rows } = await store.query<{ name: string }>(
    `select 'relation ' || relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
     union all
     select 'type ' || typname from pg_type
     where typnamespace = 'public'::regnamespace and typtype not in ('c', 'b')
     union all
     select 'policy ' || polname from pg_policy
     union all
     select 'schema ' || nspname from pg_namespace
     where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`,
  )
  if (rows.length > 0) {
    throw new Error(`Teach dumpSchema about: ${rows.map(({ name }) => name).join(', ')}`)
  }
}

function quoteIfNeeded(name: string): string {
  return /^[a-z_]+$/.test(name) ? name : quoteIdentifier(name)
}
