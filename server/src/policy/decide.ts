import {
  type Api,
  holdsKey,
  type KeyPrincipal,
  type Principal,
  type PrincipalUser,
} from '../credential/principal.ts'
import type { ErrorCode } from '../errors.ts'
import type { AccessRequest } from './access-request.ts'
import type { Statement, StatementShape } from './classify-statement.ts'
import { findStatementRefusal } from './statement-policy.ts'
import type { RelationRef } from './survey-statement.ts'
import { isSystemRelation } from './system-relations.ts'
import { findScopeRefusal } from './user-levels.ts'

export type Decision =
  | {
      readonly allowed: true
      /** Whether what was asked for may and should run in a session that only reads. */
      readonly readOnly: boolean
    }
  | { readonly allowed: false; readonly reason: ErrorCode; readonly message?: string }

/**
 * May this principal have this? Opens no socket and reads no clock: the same question always has
 * the same answer. An allowed request still meets PostgreSQL's own check of the role it runs as.
 */
export function decide(principal: Principal, request: AccessRequest): Decision {
  if (request.surface === 'auth' && principal.user !== undefined) {
    return decideManagingKeys(principal.user, request.operation)
  }
  // What an access token opens is decided by its grants, in decideSource.
  if (!holdsKey(principal)) return deny('api_not_allowed')
  switch (request.surface) {
    case 'sql':
      if (!mayUseApi(principal, 'sql')) return deny('api_not_allowed')
      return request.statement === undefined ? allow(true) : decideSql(principal, request.statement)
    case 'copy':
      if (!mayUseApi(principal, 'sql')) return deny('api_not_allowed')
      return decideCopy(principal, request.direction, request.statement)
    case 'batch':
      // In the words of the classic API, where only the master key has jobs.
      if (principal.kind === 'default' || !mayUseApi(principal, 'batch')) {
        return deny('permission_denied')
      }
      return request.statement === undefined ? allow(true) : decideJob(principal, request.statement)
    case 'maps':
      if (!mayUseApi(principal, 'maps')) return deny('api_not_allowed')
      return decideSources(principal, request.source === undefined ? [] : [request.source])
    case 'auth':
      return request.operation === 'read' || principal.kind === 'master'
        ? allow(request.operation === 'read')
        : deny('master_key_required')
    case 'companions':
      if (principal.kind === 'master' || request.operation === 'identify') return allow(false)
      if (request.operation === 'manage') return deny('master_key_required')
      return request.tableMetadata ? allow(true) : deny('grant_required')
    default:
      return deny('api_not_allowed')
  }
}

function decideManagingKeys(user: PrincipalUser, operation: 'read' | 'write'): Decision {
  const refusal = findScopeRefusal(user, `${operation}:api_keys`)
  return refusal === undefined ? allow(operation === 'read') : deny(refusal.reason, refusal.message)
}

function mayUseApi({ allowedApis, engineEnabled, kind }: KeyPrincipal, api: Api): boolean {
  // A request of such a key does not come this far; a job that it has left behind does.
  if (kind === 'regular' && !engineEnabled) return false
  return allowedApis.includes(api)
}

function decideSql(principal: KeyPrincipal, shape: StatementShape): Decision {
  if (!shape.understood) return deny(shape.reason, shape.message)
  const { statements } = shape
  const refusal = findRefusal(principal, statements)
  if (refusal !== undefined) return deny('statement_not_allowed', refusal)
  const sources = decideSources(
    principal,
    statements.flatMap((statement) => statement.relations),
  )
  if (!sources.allowed) return sources
  // A write by a key that may not write is sent as it is: clients know PostgreSQL's answer to it,
  // `permission denied for table x`, and not the one that a READ ONLY transaction would give.
  return allow(!principal.mayWrite && statements.every((statement) => statement.reads))
}

/** Exactly one COPY between the table and the client, in the direction of the address. */
function decideCopy(
  principal: KeyPrincipal,
  direction: 'from' | 'to',
  shape: StatementShape,
): Decision {
  if (!shape.understood) return deny(shape.reason, shape.message)
  const [only, second] = shape.statements
  const copy = second === undefined ? only?.copy : undefined
  if (only === undefined || copy?.direction !== direction) {
    const form = direction === 'from' ? 'COPY ... FROM STDIN' : 'COPY ... TO STDOUT'
    return deny('invalid_parameter', `This address takes exactly one ${form}.`)
  }
  if (!copy.isOfClient) {
    return deny('statement_not_allowed', 'COPY is available from STDIN and to STDOUT only.')
  }
  if (direction === 'to' && !copy.reads) {
    return deny(
      'statement_not_allowed',
      'COPY of a query is available for a SELECT that only reads.',
    )
  }
  const sources = decideSources(principal, only.relations)
  return sources.allowed ? allow(!principal.mayWrite && copy.reads) : sources
}

/** The rows of a COPY come and go with a request, and a job has none. */
function decideJob(principal: KeyPrincipal, shape: StatementShape): Decision {
  const copies = shape.understood && shape.statements.some(({ kind }) => kind === 'copy')
  return copies
    ? deny('statement_not_allowed', 'COPY is not available in batch jobs.')
    : decideSql(principal, shape)
}

function findRefusal(
  principal: KeyPrincipal,
  statements: readonly Statement[],
): string | undefined {
  const { kind, mayWrite } = principal
  const [first, second] = statements
  if (second === undefined) {
    return findStatementRefusal(first?.kind ?? 'none', kind, { isAmongOthers: false })
  }
  const refusal = ['several' as const, ...statements.map((statement) => statement.kind)]
    .map((statement) => findStatementRefusal(statement, kind, { isAmongOthers: true }))
    .find((reason) => reason !== undefined)
  if (refusal !== undefined) return refusal
  // One that does not read would take the READ ONLY transaction from all the others.
  return mayWrite || statements.every((statement) => statement.reads)
    ? undefined
    : 'With a key that may change nothing, several statements may be sent only if each of them reads.'
}

/** A principal reads no relation that describes the database, unless it is the master key. */
function decideSources(principal: KeyPrincipal, relations: readonly RelationRef[]): Decision {
  return principal.kind !== 'master' && relations.some(isSystemRelation)
    ? deny('system_tables_forbidden')
    : allow(true)
}

function allow(readOnly: boolean): Decision {
  return { allowed: true, readOnly }
}

function deny(reason: ErrorCode, message?: string): Decision {
  return { allowed: false, reason, ...(message !== undefined && { message }) }
}
