import type { Manager } from '../credential/manager.ts'
import { holdsKey, type Principal } from '../credential/principal.ts'
import { AccessError, type ErrorCode, errorTable } from '../errors.ts'
import { decideSource, type QuerySource, type TableSource } from '../policy/decide-source.ts'
import { describeRefusal, subjectOf } from '../policy/describe-refusal.ts'
import type { Lack } from '../policy/lack.ts'
import { lacksAtDoor } from '../policy/lacks-at-door.ts'
import { readQuery } from '../policy/read-query.ts'
import { splitName } from '../policy/split-name.ts'
import type { CommandContext } from './context.ts'
import { type AskedCredential, findAskedPrincipal } from './find-asked-principal.ts'
import { findNamedQuery } from './find-named-query.ts'
import { lookAtRole } from './look-at-role.ts'

/** A request that somebody might make, and with which credential. */
export type AskedDecision = {
  readonly credential: AskedCredential
  readonly api: 'sql' | 'maps'
  readonly connection: string
  readonly source: { readonly table: string } | { readonly query: string }
  /** The site that it would come from. */
  readonly origin: string | undefined
}

export type Explanation = {
  readonly allowed: boolean
  /** The code of the refusal that the request would get. */
  readonly reason: ErrorCode | undefined
  readonly sentence: string
  /** All that is missing, not only what is refused first. */
  readonly missing: readonly Lack[]
  /** All that a credential needs for this request: the grants of one that is made for it. */
  readonly needed: readonly Lack[]
  readonly notes: readonly string[]
}

type ExplainContext = Pick<CommandContext, 'store' | 'keyRing' | 'admin' | 'servers' | 'now'>

/**
 * Says whether a request would be allowed and, if not, what is missing, by the same rules that decide on
 * it, and by what PostgreSQL's catalogue says of the credential's role. Nothing is run.
 * Throws api_key_not_found, access_token_not_found, server_unreachable, server_refused.
 */
export async function explainDecision(
  context: ExplainContext,
  manager: Pick<Manager, 'accountId' | 'accountName' | 'userId'>,
  asked: AskedDecision,
): Promise<Explanation> {
  const principal = await findAskedPrincipal(context, manager, asked.credential)
  if (principal === undefined) return unknownCredential()
  const atDoor = lacksAtDoor(principal, { ...asked, now: context.now() })
  const read = await readSource(context, principal, asked)
  if ('reason' in read) return refuse(principal, atDoor, read, { lacks: [], needed: [] })
  const { source } = read
  const request = { api: asked.api, connection: asked.connection, source }
  // What comes behind the door is told as well, so that everything can be mended at once.
  const letIn = {
    ...principal,
    engineEnabled: true,
    allowedApis: [...principal.allowedApis, asked.api],
  }
  const decision = decideSource(letIn, request)
  const role = await lookAtRole(context, principal, request, decision)
  if (!decision.allowed) {
    return refuse(principal, atDoor, decision, {
      lacks: [...lacksByPolicy(letIn, request, decision), ...role.uncovered],
      needed: role.needed,
    })
  }
  const [first] = role.lacks
  const denied = first && { reason: reasonOf(principal, asked.api, source, role.lacks) }
  if (denied !== undefined || atDoor.length > 0) return refuse(principal, atDoor, denied, role)
  return {
    allowed: true,
    reason: undefined,
    sentence: `${subjectOf(principal)} may do this.`,
    missing: [],
    needed: role.needed,
    notes: role.notes,
  }
}

type Denial = { readonly reason: ErrorCode; readonly message?: string }

/** Whether it is another's, has ended or never was: all alike. */
function unknownCredential(): Explanation {
  return {
    allowed: false,
    reason: 'invalid_credential',
    sentence:
      'This is no credential that you may ask about: it may be misspelt, replaced, deleted, or belong to somebody else.',
    missing: [],
    needed: [],
    notes: [],
  }
}

function refuse(
  principal: Principal,
  atDoor: ReturnType<typeof lacksAtDoor>,
  denied: Denial | undefined,
  found: {
    readonly lacks: readonly Lack[]
    readonly needed: readonly Lack[]
    readonly notes?: readonly string[]
  },
): Explanation {
  const reason = atDoor[0]?.reason ?? denied?.reason ?? 'permission_denied'
  const missing = [...atDoor.map(({ lack }) => lack), ...found.lacks]
  const message =
    denied === undefined ? undefined : (denied.message ?? errorTable[denied.reason].message)
  return {
    allowed: false,
    reason,
    sentence: describeRefusal(principal, missing, message),
    missing,
    needed: found.needed,
    notes: found.notes ?? [],
  }
}

/** The source as a request would name it; or why there is none. */
async function readSource(
  { store }: ExplainContext,
  principal: Principal,
  { source, connection }: AskedDecision,
): Promise<{ readonly source: TableSource | QuerySource } | Denial> {
  if ('query' in source) {
    try {
      return {
        source: await findNamedQuery({ store }, principal, connection, readQuery(source.query)),
      }
    } catch (error) {
      if (error instanceof AccessError && error.status < 500) return { reason: error.code }
      throw error
    }
  }
  const parts = splitName(source.table)
  if (parts === undefined || parts.length > 3) {
    return { reason: 'invalid_parameter', message: 'This is not the name of a table.' }
  }
  const [name = '', schema = 'public', database] = parts.reverse()
  if (database !== undefined && ![connection, principal.accountName].includes(database)) {
    return { reason: 'source_not_granted' }
  }
  return { source: { kind: 'table', relation: { schema, name } } }
}

function lacksByPolicy(
  principal: Principal,
  request: Parameters<typeof decideSource>[1],
  { reason }: Denial,
): Lack[] {
  if (reason === 'connection_not_found') {
    return [{ what: 'connection', connection: request.connection }]
  }
  if (reason !== 'statement_not_allowed' || !holdsKey(principal)) return []
  const asMaster = decideSource({ ...principal, kind: 'master' }, request)
  return asMaster.allowed ? [{ what: 'master_key' }] : []
}

/** The code that PostgreSQL's refusal becomes on its way out. */
function reasonOf(
  { kind }: Principal,
  api: 'sql' | 'maps',
  source: TableSource | QuerySource,
  lacks: readonly Lack[],
): ErrorCode {
  if (source.kind !== 'query') return kind === 'master' ? 'table_not_found' : 'source_not_granted'
  // What is not there is found out before rights are looked at, and ownership has words of its own.
  const isAbsent = lacks.some(({ what }) => what === 'existence')
  if (isAbsent || lacks[0]?.what === 'ownership') return 'sql_error'
  return api === 'sql' ? 'permission_denied' : 'source_not_granted'
}
