import { LRUCache } from 'lru-cache'
import { findNamedQuery } from '../../commands/find-named-query.ts'
import type { Admission } from '../../credential/authenticate.ts'
import { AccessError } from '../../errors.ts'
import { decideSource, type SourceAccess } from '../../policy/decide-source.ts'
import type { Session } from '../../warehouse/session.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'
import { runSource } from '../run-source.ts'
import type { SurfaceContext } from '../surface.ts'
import type { MapRequest } from './read-map-request.ts'

/** Looks at a source on a session of the role that may read it. */
export type Open<T> = (
  session: Session,
  options: {
    readonly accountId: string
    readonly access: SourceAccess
    readonly request: MapRequest
  },
) => Promise<T>

/** Opens what requests ask for, and runs work on it as the role that may read it. */
export type Opener<T> = {
  /**
   * Decides, opens, and runs `work` in a session that logged in as the role that was granted the
   * source. A source that has changed its shape is looked at once more. Throws the reason of a
   * refusal.
   */
  run<R>(
    admission: Admission,
    request: MapRequest,
    work: (session: Session, opened: T) => Promise<R>,
  ): Promise<R>
  /**
   * The same, but takes a session only when `work` runs something in it: for what may be answered
   * from memory. What is remembered of a source is also what tells that the role may still read it.
   */
  use<R>(
    admission: Admission,
    request: MapRequest,
    work: (opened: T, run: RunInSession) => Promise<R>,
  ): Promise<R>
}

export type RunInSession = <R>(work: (session: Session) => Promise<R>) => Promise<R>

/** What a role was seen to be able to read is believed for so long. */
const maxAgeMs = 10_000
const maxEntries = 2_000
const maxBytes = 64 * 1024 * 1024
/** A message can quote a value, and a value can be as long as the caller likes. */
const maxMessageLength = 4_000
/** 42P01, 42703: a table or column went away; 0A000: a prepared plan's columns changed type. */
const changedShape = ['42P01', '42703', '0A000']

export function createOpener<T extends object>(context: SurfaceContext, open: Open<T>): Opener<T> {
  const opened = new LRUCache<string, T>({
    max: maxEntries,
    ttl: maxAgeMs,
    maxSize: maxBytes,
    // The SQL of a filter is some twenty times as long as what was asked, which a short address can
    // hold packed.
    sizeCalculation: (_source, key) => 20 * key.length + 1_000,
  })

  async function use<R>(
    admission: Admission,
    asked: MapRequest,
    work: (opened: T, run: RunInSession) => Promise<R>,
  ): Promise<R> {
    const { principal } = admission
    const { accountId, kind } = principal
    const source = await findNamedQuery(context.commands, principal, asked.connection, asked.source)
    const request = { ...asked, source }
    const access = decide(admission, request)
    const stamp = context.tiles.stampOf({ accountId, ...access.session })
    // No SQL and no name holds a NUL.
    const key = [stamp, access.session.role, access.statement ?? '', request.key].join('\0')
    const options = {
      // What is all ours keeps its sessions; a caller's query has them reset behind it.
      lane: request.hasCallersSql ? 'reader' : 'own',
      deadlineMs: context.limits.statementTimeoutMs,
    } as const
    const run: RunInSession = (inSession) =>
      runSource(context, admission, access, options, inSession)
    const attempt = async (): Promise<R> => {
      let source = opened.get(key)
      if (source === undefined) {
        source = await run((session) => open(session, { accountId, access, request }))
        opened.set(key, source)
      }
      return work(source, run)
    }
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WarehouseError)) throw forOwner(error, kind)
      opened.delete(key)
      if (!changedShape.includes(error.sqlstate)) throw refusal(error, request)
      return await attempt().catch((again: unknown) => {
        throw again instanceof WarehouseError ? refusal(again, request) : forOwner(again, kind)
      })
    }
  }

  return {
    use,
    run: (admission, request, work) =>
      use(admission, request, (source, run) => run((session) => work(session, source))),
  }
}

function decide({ principal }: Admission, { connection, source }: MapRequest): SourceAccess {
  const decision = decideSource(principal, { api: 'maps', connection, source })
  if (decision.allowed) return decision.access
  const { reason, message } = decision
  throw new AccessError(reason, message === undefined ? {} : { message })
}

/** What PostgreSQL says of a caller's own query is the caller's to read. */
function refusal(error: WarehouseError, { hasCallersSql }: MapRequest): AccessError {
  if (error.sqlstate === '42501') return new AccessError('source_not_granted', { cause: error })
  return new AccessError('sql_error', {
    cause: error,
    ...(hasCallersSql && { message: error.notice.message.slice(0, maxMessageLength) }),
  })
}

/** Absent or not granted: only the owner is told which. */
function forOwner(error: unknown, kind: string): unknown {
  return kind === 'master' && error instanceof AccessError && error.code === 'source_not_granted'
    ? new AccessError('table_not_found', { cause: error })
    : error
}
