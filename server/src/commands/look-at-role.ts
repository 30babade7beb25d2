import { holdsKey, type Principal } from '../credential/principal.ts'
import { covers, type SourceDecision, type SourceRequest } from '../policy/decide-source.ts'
import type { Lack } from '../policy/lack.ts'
import {
  findMissingPrivileges,
  type RelationRights,
  type RoleRights,
  withoutRights,
} from '../policy/missing-privileges.ts'
import { numberParameters } from '../policy/number-parameters.ts'
import { type RequiredPrivileges, requiredPrivileges } from '../policy/required-privileges.ts'
import { onTable } from '../policy/requirement.ts'
import type { SourceGrant } from '../policy/source-grant.ts'
import { parseStatements } from '../policy/statement-parser.ts'
import { readRoleRights } from '../roles/read-role-rights.ts'
import { findAccountById } from '../store/accounts.ts'
import { findConnectionByName } from '../store/connections.ts'
import { type ConnectionPlace, getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'

type RoleContext = Pick<CommandContext, 'store' | 'admin' | 'servers'>

export type RoleFindings = {
  /** What the role lacks that the decision names. */
  readonly lacks: readonly Lack[]
  /** What no grant of an access token covers. */
  readonly uncovered: readonly Lack[]
  readonly needed: readonly Lack[]
  readonly notes: readonly string[]
}

const nothing: RoleFindings = { lacks: [], uncovered: [], needed: [], notes: [] }

/**
 * Asks the catalogue of the connection what reading a source takes, and what of it the role has that
 * was decided on. Throws server_unreachable, server_refused.
 */
export async function lookAtRole(
  context: RoleContext,
  principal: Principal,
  request: SourceRequest,
  decision: SourceDecision,
): Promise<RoleFindings> {
  const place = await findPlace(context, principal, request.connection)
  if (place === undefined) return nothing
  const { requirements, isWhole } = requirementsOf(request, decision)
  const { ownerRole, connection } = place
  const searchPath = connection.isDefault
    ? ['public', 'cartodb', 'postgis']
    : ['public', connection.facts?.postgisSchema ?? 'public']
  const role = decision.allowed ? decision.access.session.role : ownerRole
  const rights = await readRoleRights(
    place.admin.on(place.database),
    { role, ownerRole, searchPath },
    requirements,
  )
  const grants = (principal.sourceGrants ?? []).filter(
    ({ connectionName }) => connectionName === request.connection,
  )
  const needed = neededOf(requirements, rights, request, principal)
  const held = findMissingPrivileges(requirements, rights, (relation) =>
    isReadOnDemand(grants, role, relation),
  )
  return {
    lacks: decision.allowed ? held.lacks : [],
    uncovered: isOfSource(decision) ? needed.filter((lack) => !isCovered(grants, lack)) : [],
    needed: needed.filter(({ what }) => what !== 'existence'),
    notes: isWhole
      ? held.notes
      : [...held.notes, 'What PostgreSQL asks for here shows in full only when it runs.'],
  }
}

async function findPlace(
  context: RoleContext,
  { accountId }: Principal,
  name: string,
): Promise<ConnectionPlace | undefined> {
  const account = await findAccountById(context.store, accountId)
  const connection = await findConnectionByName(context.store, accountId, name)
  if (account === undefined || connection === undefined) return undefined
  return getConnectionPlace(context, account, connection)
}

function requirementsOf({ source }: SourceRequest, decision: SourceDecision): RequiredPrivileges {
  if (source.kind !== 'query') {
    return {
      requirements: [onTable({ schema: 'public', ...source.relation }, ['select'])],
      isWhole: true,
    }
  }
  if (!source.shape.understood) return { requirements: [], isWhole: true }
  const text = decision.allowed ? (decision.access.statement ?? source.text) : source.text
  try {
    return requiredPrivileges(parseStatements(numberParameters(text).text))
  } catch (error) {
    if (error instanceof RangeError) return { requirements: [], isWhole: false }
    throw error
  }
}

/** All that is to be granted to open this; what everybody has, and what nobody can grant, is left out. */
function neededOf(
  requirements: RequiredPrivileges['requirements'],
  rights: RoleRights,
  { api, source }: SourceRequest,
  principal: Principal,
): Lack[] {
  const isToken = !holdsKey(principal)
  if (isToken && api === 'maps' && source.kind === 'query') {
    return [{ what: 'query', query: source.text }]
  }
  const grantable = requirements.filter(
    (one) => one.what !== 'table' || rights.relation(one.relation)?.isGrantable !== false,
  )
  const { lacks } = findMissingPrivileges(grantable, withoutRights(rights))
  return lacks.filter(
    ({ what }) => what === 'table' || what === 'existence' || (what === 'schema' && !isToken),
  )
}

/** A grant of everything, or of a pattern, goes on to what was made since it was looked at last. */
function isReadOnDemand(
  grants: readonly SourceGrant[],
  role: string,
  { schema, name, isGrantable }: RelationRights,
): boolean {
  return (
    isGrantable &&
    grants.some(
      (grant) =>
        grant.session.role === role &&
        (grant.kind === 'all' || grant.kind === 'wildcard') &&
        covers(grant, { schema, name }),
    )
  )
}

function isOfSource(decision: SourceDecision): boolean {
  return (
    !decision.allowed && ['source_not_granted', 'connection_not_found'].includes(decision.reason)
  )
}

function isCovered(grants: readonly SourceGrant[], lack: Lack): boolean {
  if (lack.what !== 'table') return false
  const { schema, table: name } = lack
  return grants.some((grant) => covers(grant, { schema, name }))
}
