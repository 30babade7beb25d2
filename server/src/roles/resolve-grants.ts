import type { Admin } from './admin.ts'

const tableVerbs = ['delete', 'insert', 'select', 'update'] as const
export type TableVerb = (typeof tableVerbs)[number]

/** What the Auth API answers when somebody grants what they do not have, or what is not there. */
export const refusals = {
  tables: 'can only grant table permissions you have',
  schemas: 'can only grant schema permissions you have',
} as const

/** Grants by object: what PostgreSQL keeps when names change. */
export type ResolvedGrants = {
  /** Verbs are sorted, and never empty. */
  readonly tables: readonly { readonly oid: number; readonly verbs: readonly TableVerb[] }[]
  /** Schemas whose contents can be named. */
  readonly usageSchemas: readonly number[]
  /** Schemas in which tables can be created. */
  readonly createSchemas: readonly number[]
}

export type RequestedGrants = {
  readonly tables: readonly {
    readonly schema: string
    readonly name: string
    readonly permissions: readonly TableVerb[]
  }[]
  readonly schemas: readonly { readonly name: string; readonly permissions: readonly 'create'[] }[]
}

/**
 * Finds what the names stand for, exactly and case-sensitively, and checks that the owner role holds
 * all that is to be granted. Tables are checked first. A name that stands for nothing, or for
 * something of PostgreSQL's, PostGIS's or of the wrong kind, gets the same answer as one that the
 * owner may not grant.
 */
export async function resolveGrants(
  admin: Admin,
  request: RequestedGrants & { readonly database: string; readonly ownerRole: string },
): Promise<{ ok: true; resolved: ResolvedGrants } | { ok: false; message: string }> {
  const tables = await findTables(admin, request)
  const isGrantable = request.tables.every((asked) => {
    const table = tables.get(keyOf(asked.schema, asked.name))
    return table !== undefined && asked.permissions.every((verb) => table.verbs.includes(verb))
  })
  if (!isGrantable) return { ok: false, message: refusals.tables }

  // An entry without permissions asks for nothing: it need not name a schema that exists.
  const wanted = request.schemas.filter((schema) => schema.permissions.length > 0)
  const schemas = await findCreatableSchemas(
    admin,
    request.database,
    request.ownerRole,
    wanted.map((schema) => schema.name),
  )
  if (!wanted.every((schema) => schemas.has(schema.name))) {
    return { ok: false, message: refusals.schemas }
  }

  const verbsByOid = new Map<number, Set<TableVerb>>()
  const usageSchemas = new Set<number>(schemas.values())
  for (const asked of request.tables) {
    const table = tables.get(keyOf(asked.schema, asked.name))
    if (table === undefined) continue
    // Named with no permission, a table still lets its schema be looked into.
    usageSchemas.add(table.schemaOid)
    const verbs = verbsByOid.get(table.oid) ?? new Set()
    verbsByOid.set(table.oid, verbs)
    for (const verb of asked.permissions) verbs.add(verb)
  }
  return {
    ok: true,
    resolved: {
      tables: [...verbsByOid]
        .filter(([, verbs]) => verbs.size > 0)
        .map(([oid, verbs]) => ({ oid, verbs: [...verbs].sort() })),
      usageSchemas: [...usageSchemas],
      createSchemas: [...new Set(schemas.values())],
    },
  }
}

type FoundTable = {
  readonly schema: string
  readonly name: string
  readonly oid: number
  readonly schemaOid: number
  /** What the owner role effectively holds on it. */
  readonly verbs: readonly TableVerb[]
}

async function findTables(
  admin: Admin,
  request: RequestedGrants & { readonly database: string; readonly ownerRole: string },
): Promise<Map<string, FoundTable>> {
  const names = request.tables.filter((table) => canBeName(table.schema) && canBeName(table.name))
  if (names.length === 0) return new Map()
  const { rows } = await admin.on(request.database).query<FoundTable>({
    name: 'find-tables',
    text: `select n.nspname::text as schema, c.relname::text as name, c.oid, n.oid as "schemaOid",
       array(
         select verb from unnest($4::text[]) as verb
         where has_table_privilege($3::name, c.oid, verb)
       ) as verbs
     from unnest($1::text[], $2::text[]) as asked (schema, name)
     join pg_namespace n on n.nspname::text = asked.schema
     join pg_class c on c.relnamespace = n.oid and c.relname::text = asked.name
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${isAccountSchema}
       and has_schema_privilege($3::name, n.oid, 'usage')`,
    values: [
      names.map((table) => table.schema),
      names.map((table) => table.name),
      request.ownerRole,
      tableVerbs,
    ],
  })
  return new Map(rows.map((row) => [keyOf(row.schema, row.name), row]))
}

async function findCreatableSchemas(
  admin: Admin,
  database: string,
  ownerRole: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const { rows } = await admin.on(database).query<{ name: string; oid: number }>(
    `select n.nspname::text as name, n.oid
     from pg_namespace n
     where n.nspname::text = any ($1::text[]) and ${isAccountSchema}
       and has_schema_privilege($2::name, n.oid, 'create')`,
    [names.filter(canBeName), ownerRole],
  )
  return new Map(rows.map((row) => [row.name, row.oid]))
}

/** True for schemas whose contents are the account's own. */
export const isAccountSchema = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'postgis', 'cartodb')`

/** PostgreSQL refuses NUL in a parameter; no name has it. */
function canBeName(text: string): boolean {
  return !text.includes('\0')
}

function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name])
}
