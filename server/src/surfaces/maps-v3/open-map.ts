import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Admission } from '../../credential/authenticate.ts'
import { AccessError } from '../../errors.ts'
import { decideSource, type SourceAccess } from '../../policy/decide-source.ts'
import { openSource, type Source } from '../../sources/open-source.ts'
import type { CellSource } from '../../tiles/cell-tile-sql.ts'
import type { TileOrigin } from '../../tiles/tile-cache.ts'
import type { TileSource } from '../../tiles/tile-source.ts'
import { findRelation, type Relation } from '../../warehouse/describe-relation.ts'
import type { RunOptions } from '../../warehouse/run-statement.ts'
import type { Session } from '../../warehouse/session.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'
import type { SurfaceContext } from '../surface.ts'
import { drawCells, drawFeatures } from './draw-source.ts'
import type { MapRequest } from './read-map-request.ts'

/** A source as the asking role sees it, ready to make tiles of. */
export type OpenedMap = {
  readonly source: Source
  /** Of a table or view. */
  readonly relation: Relation | undefined
  readonly drawn:
    | { readonly kind: 'features'; readonly tiles: TileSource }
    | { readonly kind: 'cells'; readonly tiles: CellSource }
  readonly origin: TileOrigin
  /** Equal of maps whose tiles are equal, whoever asks for them. */
  readonly tilesKey: string
}

/** Opens what requests ask for, and runs work on it as the role that may read it. */
export type MapOpener = {
  /**
   * Decides, opens, and runs `work` in a session that logged in as the role that was granted the
   * source. A source that has changed its shape is looked at once more. Throws the reason of a
   * refusal.
   */
  run<T>(
    admission: Admission,
    request: MapRequest,
    work: (session: Session, map: OpenedMap) => Promise<T>,
  ): Promise<T>
  /**
   * The same, but opens the session only when `use` runs work in it: for what may be answered from
   * memory. What is remembered of a source is also what tells that the role may still read it.
   */
  use<T>(
    admission: Admission,
    request: MapRequest,
    use: (
      map: OpenedMap,
      run: <R>(work: (session: Session) => Promise<R>) => Promise<R>,
    ) => Promise<T>,
  ): Promise<T>
}

/** What a role was seen to be able to read is believed for so long. */
const maxAgeMs = 10_000
/** 42P01, 42703: a table or column went away; 0A000: a prepared plan's columns changed type. */
const changedShape = ['42P01', '42703', '0A000']

export function createMapOpener(context: SurfaceContext): MapOpener {
  const opened = new LRUCache<string, OpenedMap>({ max: 2_000, ttl: maxAgeMs })

  async function use<T>(
    admission: Admission,
    request: MapRequest,
    work: Parameters<MapOpener['use']>[2],
  ): Promise<T> {
    const { principal } = admission
    const access = decide(admission, request)
    const { accountId } = principal
    const { session } = access
    const stamp = context.tiles.stampOf({ accountId, ...session })
    // No SQL and no name holds a NUL.
    const key = [stamp, session.role, access.statement ?? '', request.key].join('\0')
    const options = runOptionsOf(context, admission, access, request)
    const run = <R>(inSession: (session: Session) => Promise<R>) =>
      context.warehouse.run(options, inSession)
    const attempt = async (): Promise<T> => {
      let map = opened.get(key)
      if (map === undefined) {
        map = await run((inSession) => openMap(inSession, accountId, access, request))
        opened.set(key, map)
      }
      return (await work(map, run)) as T
    }
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WarehouseError)) throw forOwner(error, principal.kind)
      opened.delete(key)
      if (!changedShape.includes(error.sqlstate)) throw refusal(error)
      return await attempt().catch((again: unknown) => {
        throw again instanceof WarehouseError ? refusal(again) : forOwner(again, principal.kind)
      })
    }
  }

  return {
    use: use as MapOpener['use'],
    run: (admission, request, work) =>
      (use as MapOpener['use'])(admission, request, (map, run) =>
        run((session) => work(session, map)),
      ),
  }
}

function decide({ principal }: Admission, { connection, source }: MapRequest): SourceAccess {
  const decision = decideSource(principal, { api: 'maps', connection, source })
  if (decision.allowed) return decision.access
  const { reason, message } = decision
  throw new AccessError(reason, message === undefined ? {} : { message })
}

/** What of ours runs alone keeps its sessions; a caller's query has them reset behind it. */
function runOptionsOf(
  { limits }: SurfaceContext,
  { inFlight }: Admission,
  { session }: SourceAccess,
  { source }: MapRequest,
): RunOptions {
  return {
    key: session,
    lane: source.kind === 'query' ? 'reader' : 'own',
    deadlineMs: limits.statementTimeoutMs,
    signal: inFlight.signal,
  }
}

async function openMap(
  session: Session,
  accountId: string,
  access: SourceAccess,
  request: MapRequest,
): Promise<OpenedMap> {
  const source = await openSource(session, access, request.source, request.queryParameters)
  const relation =
    request.source.kind === 'query'
      ? undefined
      : await findRelation(session, { schema: 'public', ...request.source.relation })
  const drawn =
    request.spatialDataType === 'geo'
      ? ({
          kind: 'features',
          tiles: await drawFeatures(session, source, relation, request),
        } as const)
      : ({ kind: 'cells', tiles: drawCells(source, request) } as const)
  const isShared = relation?.isSameForAll === true
  const { estimates, ...shape } =
    drawn.kind === 'features' ? drawn.tiles : { ...drawn.tiles, estimates: undefined }
  const { server, database, role } = access.session
  return {
    source,
    relation,
    drawn,
    origin: {
      accountId,
      database,
      server,
      table: isShared ? { schema: relation.schema, name: relation.name } : undefined,
    },
    // What one role sees is another's only where nothing of it depends on who looks.
    tilesKey: hash(
      'sha1',
      JSON.stringify([isShared ? relation.oid : role, drawn.kind, shape]),
      'base64url',
    ),
  }
}

function refusal(error: WarehouseError): AccessError {
  const code = error.sqlstate === '42501' ? 'source_not_granted' : 'sql_error'
  return new AccessError(code, { cause: error })
}

/** Absent or not granted: only the owner is told which. */
function forOwner(error: unknown, kind: string): unknown {
  return kind === 'master' && error instanceof AccessError && error.code === 'source_not_granted'
    ? new AccessError('table_not_found', { cause: error })
    : error
}
