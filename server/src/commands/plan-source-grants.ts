import type { AccessError } from '../errors.ts'
import type { RequestedSource } from '../policy/parse-token-request.ts'
import { parseTokenSource, type TokenSource } from '../policy/parse-token-source.ts'
import { isSourceName } from '../policy/source-name.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { listAccountSchemas } from '../roles/pattern-roles.ts'
import { type ResolvedRelation, resolveRelations } from '../roles/resolve-relations.ts'
import { newRoleName } from '../roles/role-name.ts'
import type { Account } from '../store/accounts.ts'
import { findConnectionByName } from '../store/connections.ts'
import { findNamedSource, type NamedSource } from '../store/named-sources.ts'
import type { StoredSourceGrant } from '../store/source-grants.ts'
import { type ConnectionPlace, getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { invalidTokenRequest } from './invalid-token-request.ts'

/** A role that a token needs: what it reads, on which connection, and the query that it is for. */
export type PlannedRole = {
  readonly role: string
  readonly place: ConnectionPlace
  readonly relations: readonly ResolvedRelation[]
  readonly patterns: readonly { readonly schemaOid: number; readonly prefix: string }[]
  /** Tried out before the token works; `at` names the grant in errors. */
  readonly query:
    | {
        readonly statement: string
        readonly at: string
        /** How many characters of what was granted stand before it. */
        readonly charactersBefore: number
      }
    | undefined
}

export type SourcePlan = {
  readonly grants: readonly StoredSourceGrant[]
  readonly roles: readonly PlannedRole[]
}

type Resolved = {
  readonly source: TokenSource
  readonly relations: readonly ResolvedRelation[]
  readonly patterns: PlannedRole['patterns']
}

/**
 * Works out which roles the grants of an access token need, and makes nothing yet: on each connection
 * one role for all tables and patterns, and one role for each query. `opens` is false for a token that
 * only imports: its grants are destinations, which need not exist and open nothing to read.
 * Throws invalid_token_request naming the grant that cannot be, and the place in its text where there
 * is one.
 */
export async function planSourceGrants(
  context: CommandContext,
  account: Account,
  requested: readonly RequestedSource[],
  {
    opens,
    edited,
  }: {
    readonly opens: boolean
    /** A named source as it is going to be: its grants are planned for that. */
    readonly edited?: Pick<NamedSource, 'id' | 'statement'>
  },
): Promise<SourcePlan> {
  // A serving process has it loaded; a command line has not.
  await loadStatementParser()
  const grants: StoredSourceGrant[] = []
  const queries: PlannedRole[] = []
  const tables = new Map<string, PlannedRole>()
  for (const [index, asked] of requested.entries()) {
    const { source: text } = asked
    const at = `grants[${index}]`
    const place = await findPlace(context, account, asked.connectionName, at)
    const named = await findNamed(context, place, asked)
    const isEdited = named !== undefined && named.id === edited?.id
    const meant = isEdited ? edited.statement : (named?.statement ?? text)
    const resolved = await resolveSource(place, account, meant, `${at}.source`, opens)
    const { source } = resolved
    const { id: connectionId } = place.connection
    const role =
      (source.kind === 'query' ? undefined : tables.get(connectionId)?.role) ??
      newRoleName(place.admin.installationId, context.randomBytes)
    if (source.kind === 'query') {
      const { statement, charactersBefore } = source
      const query = { statement, at: `${at}.source`, charactersBefore }
      queries.push({ role, place, relations: resolved.relations, patterns: [], query })
    } else {
      const known = tables.get(connectionId)
      tables.set(connectionId, {
        role,
        place,
        relations: [...(known?.relations ?? []), ...resolved.relations],
        patterns: withoutRepetition([...(known?.patterns ?? []), ...resolved.patterns]),
        query: undefined,
      })
    }
    grants.push({
      ...storedGrant(connectionId, text, role, source),
      namedSourceId: named?.id ?? null,
    })
  }
  return { grants, roles: [...tables.values(), ...queries] }
}

async function findPlace(
  context: CommandContext,
  account: Account,
  name: string,
  at: string,
): Promise<ConnectionPlace> {
  const connection = name.includes('\0')
    ? undefined
    : await findConnectionByName(context.store, account.id, name)
  if (connection === undefined) {
    throw refuse(`${at}.connection_name`, `: there is no connection called ${name}`)
  }
  return getConnectionPlace(context, account, connection)
}

/** The named source that a grant's source is the name of. What a kept grant was, it stays. */
async function findNamed(
  { store }: CommandContext,
  { connection }: ConnectionPlace,
  { source, namedSourceId }: RequestedSource,
): Promise<NamedSource | undefined> {
  const name = source.trim()
  if (namedSourceId === null || !isSourceName(name)) return undefined
  const named = await findNamedSource(store, connection.accountId, name)
  return named?.connectionId === connection.id ? named : undefined
}

async function resolveSource(
  place: ConnectionPlace,
  account: Account,
  text: string,
  at: string,
  opens: boolean,
): Promise<Resolved> {
  const parsed = parseTokenSource(text, [
    place.connection.name,
    place.connection.server?.database ?? account.name,
  ])
  if (!parsed.ok) throw refuse(at, ` ${parsed.message}`, parsed.position)
  const { source } = parsed
  const database = place.admin.on(place.database)
  if (!opens) return { source, relations: [], patterns: [] }
  switch (source.kind) {
    case 'table':
    case 'query': {
      const names = source.kind === 'query' ? source.relations : [source]
      const found = await resolveRelations(database, place.ownerRole, names)
      const missing = names[found.indexOf(undefined)]
      if (missing !== undefined) {
        const name = `${missing.schema ?? 'public'}.${missing.name}`
        throw refuse(at, `: there is no table ${name} that can be granted`)
      }
      const relations = found.filter((one) => typeof one === 'object')
      return { source, relations, patterns: [] }
    }
    case 'all':
    case 'wildcard': {
      const schemas = await listAccountSchemas(database, place.ownerRole)
      if (source.kind === 'all') {
        const patterns = schemas.map(({ oid }) => ({ schemaOid: oid, prefix: '' }))
        return { source, relations: [], patterns }
      }
      const schema = schemas.find(({ name }) => name === source.schema)
      if (schema === undefined) throw refuse(at, `: there is no schema ${source.schema}`)
      const pattern = { schemaOid: schema.oid, prefix: source.prefix }
      return { source, relations: [], patterns: [pattern] }
    }
  }
}

function storedGrant(
  connectionId: string,
  text: string,
  role: string,
  source: TokenSource,
): Omit<StoredSourceGrant, 'namedSourceId'> {
  const isNamed = source.kind === 'table' || source.kind === 'wildcard'
  return {
    connectionId,
    kind: source.kind,
    source: text,
    schemaName: isNamed ? source.schema : null,
    relationName:
      source.kind === 'table' ? source.name : source.kind === 'wildcard' ? source.prefix : null,
    statement: source.kind === 'query' ? source.statement : null,
    fingerprint: source.kind === 'query' ? source.fingerprint : null,
    role,
  }
}

function withoutRepetition(patterns: PlannedRole['patterns']): PlannedRole['patterns'] {
  const seen = new Map(patterns.map((one) => [`${one.schemaOid} ${one.prefix}`, one]))
  return [...seen.values()]
}

/** `predicate` goes on where the name of the field ends. */
function refuse(field: string, predicate: string, position?: number): AccessError {
  return invalidTokenRequest({ message: `${field}${predicate}`, field, position })
}
