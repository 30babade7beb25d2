import { holdsKey, type Principal } from '../credential/principal.ts'
import type { ErrorCode } from '../errors.ts'
import type { StatementShape } from './classify-statement.ts'
import { decide } from './decide.ts'
import type { RoleSession, SourceGrant } from './source-grant.ts'
import type { RelationRef } from './survey-statement.ts'
import { isSystemRelation } from './system-relations.ts'

/** The connection that every account has: its own database. */
export const defaultConnection = 'default'

/** A table, a view or a tileset, by its name. */
export type TableSource = { readonly kind: 'table' | 'tileset'; readonly relation: RelationRef }

/** A query as a caller sent it. */
export type QuerySource = {
  readonly kind: 'query'
  readonly text: string
  readonly shape: StatementShape
  /** Of an understood text. */
  readonly fingerprint: string
}

/** What is to be read under v3, and by which API. */
export type SourceRequest = {
  readonly api: 'sql' | 'maps' | 'stats'
  readonly connection: string
  readonly source: TableSource | QuerySource
}

/** How an allowed source is to be read. */
export type SourceAccess = {
  readonly session: RoleSession
  /** Whether it may and should run in a session that only reads. */
  readonly readOnly: boolean
  /** Of a query: what runs. Of a granted one it is the granted text, never the caller's. */
  readonly statement?: string
}

export type SourceDecision =
  | { readonly allowed: true; readonly access: SourceAccess }
  | { readonly allowed: false; readonly reason: ErrorCode; readonly message?: string }

/**
 * May this principal read this source? An API key may ask for anything on its account's own
 * database, and its role decides. An access token opens what its grants name and nothing else; what it
 * is allowed still meets PostgreSQL's check of the role that holds just that grant. Pure.
 */
export function decideSource(principal: Principal, request: SourceRequest): SourceDecision {
  const { sourceGrants } = principal
  if (sourceGrants === undefined) return decideForKey(principal, request)
  const api = request.api === 'stats' ? apiOf(principal) : request.api
  if (!principal.allowedApis.includes(api)) return deny('api_not_allowed')
  const grants = sourceGrants.filter((grant) => grant.connectionName === request.connection)
  // Whether there is such a connection is not for a token to learn.
  if (grants.length === 0) return deny('connection_not_found')
  return request.source.kind === 'query'
    ? decideQuery(grants, request.source, api)
    : decideRelation(grants, request.source.relation)
}

/** Whether a principal may use an API at all, whatever it is that it asks for. */
export function mayUseApi(principal: Principal, api: 'sql' | 'maps'): boolean {
  if (!holdsKey(principal)) return principal.allowedApis.includes(api)
  const request = api === 'sql' ? { surface: api, statement: undefined } : { surface: api }
  return decide(principal, request).allowed
}

function decideForKey(
  principal: Principal,
  { api, connection, source }: SourceRequest,
): SourceDecision {
  const surface = api === 'stats' ? apiOf(principal) : api
  const relations = source.kind === 'query' ? relationsOf(source) : [source.relation]
  const isStatement = surface === 'sql' && source.kind === 'query'
  const decision = isStatement
    ? decide(principal, { surface, statement: source.shape })
    : decide(principal, surface === 'sql' ? { surface, statement: undefined } : { surface })
  if (!decision.allowed) return decision
  if (connection !== defaultConnection) return deny('connection_not_found')
  if (principal.kind !== 'master' && relations.some(isSystemRelation)) {
    return deny('system_tables_forbidden')
  }
  if (source.kind === 'query' && !isStatement) {
    const refusal = findReadingRefusal(source.shape)
    if (refusal !== undefined) return refusal
  }
  const { database, role } = principal
  return {
    allowed: true,
    access: {
      session: { database, role },
      readOnly: !isStatement || decision.readOnly,
      ...(source.kind === 'query' && { statement: source.text }),
    },
  }
}

/** Statistics are for whoever may use either API. */
function apiOf({ allowedApis }: Principal): 'sql' | 'maps' {
  return allowedApis.includes('sql') ? 'sql' : 'maps'
}

function decideRelation(grants: readonly SourceGrant[], relation: RelationRef): SourceDecision {
  if (isSystemRelation(relation)) return deny('source_not_granted')
  const grant = grants.find((one) => covers(one, relation))
  return grant === undefined
    ? deny('source_not_granted')
    : { allowed: true, access: { session: grant.session, readOnly: true } }
}

/** The SQL API takes any query of granted tables; the Maps API draws a table, or a granted query. */
function decideQuery(
  grants: readonly SourceGrant[],
  source: QuerySource,
  api: 'sql' | 'maps',
): SourceDecision {
  const refusal = findReadingRefusal(source.shape)
  if (refusal !== undefined) return refusal
  for (const grant of grants) {
    if (grant.kind !== 'query' || grant.fingerprint !== source.fingerprint) continue
    const { session, statement } = grant
    return { allowed: true, access: { session, readOnly: true, statement } }
  }
  const relations = relationsOf(source)
  if (relations.some(isSystemRelation)) return deny('source_not_granted')
  const tables = grants.filter((grant) => grant.kind !== 'query')
  const everything = tables.find((grant) => grant.kind === 'all')
  // A statement without relations reads nothing that was granted.
  const isCovered =
    api === 'sql' &&
    relations.length > 0 &&
    relations.every((relation) => tables.some((grant) => covers(grant, relation)))
  // All of these are held by one role of the token on this connection.
  const session = everything?.session ?? (isCovered ? tables[0]?.session : undefined)
  return session === undefined
    ? deny('source_not_granted')
    : { allowed: true, access: { session, readOnly: true, statement: source.text } }
}

/** Undefined for exactly one SELECT that writes and locks nothing by its shape. */
function findReadingRefusal(shape: StatementShape): SourceDecision | undefined {
  if (!shape.understood) return deny(shape.reason, shape.message)
  const [only, second] = shape.statements
  if (only === undefined) return deny('missing_sql')
  return second === undefined && only.kind === 'select' && only.reads
    ? undefined
    : deny('statement_not_allowed', 'Exactly one SELECT that only reads is allowed here.')
}

function relationsOf({ shape }: QuerySource): readonly RelationRef[] {
  return shape.understood ? shape.statements.flatMap((statement) => statement.relations) : []
}

/** Whether a grant opens a relation. A name without a schema is looked for in `public` first. */
export function covers(grant: SourceGrant, { schema = 'public', name }: RelationRef): boolean {
  switch (grant.kind) {
    case 'all':
      return true
    case 'wildcard':
      return grant.schema === schema && name.startsWith(grant.prefix)
    case 'table':
      return grant.schema === schema && grant.name === name
    case 'query':
      return false
  }
}

function deny(reason: ErrorCode, message?: string): SourceDecision {
  return { allowed: false, reason, ...(message !== undefined && { message }) }
}
