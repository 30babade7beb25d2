import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { type Decision, decide } from '../../policy/decide.ts'
import { countRows, estimateRows, findBounds } from '../../warehouse/describe-relation.ts'
import { makeTile, type TileSource } from '../../warehouse/make-tile.ts'
import type { Session } from '../../warehouse/session.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'
import { findCredentialParameter, getAdmission } from '../admit.ts'
import { invalidFormat } from '../invalid-format.ts'
import { mergeParameters } from '../read-bodies.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { createSources, type SourceRequest, type Sources } from './describe-source.ts'
import { parseSourceName } from './parse-source-name.ts'
import { maxZoom, parseTileAddress } from './parse-tile-address.ts'
import * as schema from './schema.ts'
import { schemaOf } from './schema-of.ts'
import { sendTile } from './send-tile.ts'

/** The one connection that every account has. */
const defaultConnection = 'default'
/** Tables with fewer rows than this by the planner's estimate are counted. */
const countBelowRows = 10_000

/** The v3 Maps API for tables. */
export const mapsV3: Surface = (server, context) => {
  const sources = createSources()
  const path = '/v3/maps/:connection/table'
  const instantiate = (request: FastifyRequest, reply: FastifyReply) =>
    instantiateMap(context, sources, request, reply)

  server.get(path, { schema: schema.instantiate }, instantiate)
  server.post(path, { schema: schema.instantiateByPost }, instantiate)

  server.get(`${path}/:z/:x/:y`, { schema: schema.tile }, async (request, reply) => {
    const principal = mayDraw(request)
    const address = parseTileAddress(request.params as Record<string, string>)
    const sourceRequest = readSourceRequest(request, principal)
    const tile = await withSource(context, sources, request, sourceRequest, (session, source) =>
      makeTile(session, source, address, context.limits.maxTileFeatures),
    )
    return sendTile(request, reply, principal, tile)
  })
}

async function instantiateMap(
  context: SurfaceContext,
  sources: Sources,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const principal = mayDraw(request)
  const parameters = mergeParameters(request.query, request.body)
  const { format } = parameters
  if (format !== undefined && format !== 'tilejson') throw invalidFormat(format)
  const sourceRequest = readSourceRequest(request, principal)
  const answer = await withSource(
    context,
    sources,
    request,
    sourceRequest,
    async (session, source) =>
      format === 'tilejson'
        ? await describeTiles(context, request, principal, session, source)
        : await describeMap(context, request, principal, session, source),
  )
  return reply
    .headers({ 'cache-control': 'private, no-cache', vary: 'Authorization' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(answer))
}

async function describeMap(
  context: SurfaceContext,
  request: FastifyRequest,
  principal: Principal,
  session: Session,
  { relation }: TileSource,
): Promise<unknown> {
  const estimate = await estimateRows(session, relation)
  const nrows =
    estimate < countBelowRows ? await countRows(session, relation, countBelowRows) : estimate
  const url = sourceUrl(context, request, principal, '', {
    format: 'tilejson',
    cache: String(context.commands.now().getTime()),
  })
  return {
    nrows: Math.round(nrows),
    size: relation.bytes,
    schema: schemaOf(relation),
    tilejson: { url: [url] },
  }
}

async function describeTiles(
  context: SurfaceContext,
  request: FastifyRequest,
  principal: Principal,
  session: Session,
  source: TileSource,
): Promise<unknown> {
  const { relation, geometry, properties } = source
  const bounds = await findBounds(session, relation, geometry).catch((error: unknown) => {
    if (error instanceof WarehouseError) return undefined
    throw error
  })
  const types = new Map(schemaOf(relation).map((column) => [column.name, column.type]))
  const [west, south, east, north] = bounds ?? [-180, -85.0511, 180, 85.0511]
  return {
    tilejson: '2.2.0',
    name: `${relation.schema}.${relation.name}`,
    version: '1.0.0',
    scheme: 'xyz',
    tiles: [sourceUrl(context, request, principal, '/{z}/{x}/{y}', { formatTiles: 'mvt' })],
    minzoom: 0,
    maxzoom: maxZoom,
    bounds: [west, south, east, north],
    center: [(west + east) / 2, (south + north) / 2, 0],
    vector_layers: [
      {
        id: 'default',
        minzoom: 0,
        maxzoom: maxZoom,
        fields: Object.fromEntries(properties.map((name) => [name, types.get(name)])),
      },
    ],
  }
}

/** The credential's own grant comes first; which tables it opens is for PostgreSQL to say. */
function mayDraw(request: FastifyRequest): Principal {
  const { principal } = getAdmission(request)
  mustBeAllowed(decide(principal, { surface: 'maps' }))
  return principal
}

function mustBeAllowed(decision: Decision): void {
  if (!decision.allowed) throw new AccessError(decision.reason)
}

function readSourceRequest(request: FastifyRequest, principal: Principal): SourceRequest {
  const { connection } = request.params as { connection: string }
  if (connection !== defaultConnection) throw new AccessError('connection_not_found')
  const parameters = mergeParameters(request.query, request.body)
  const name = parseSourceName(parameters.name, [principal.accountName, defaultConnection])
  mustBeAllowed(decide(principal, { surface: 'maps', source: name }))
  return {
    name,
    geometryColumn: readText(parameters, 'spatialDataColumn'),
    columns: readText(parameters, 'columns')?.split(','),
  }
}

function readText(parameters: Record<string, unknown>, name: string): string | undefined {
  const value = parameters[name]
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  throw new AccessError('invalid_parameter', { message: `The parameter "${name}" must be a text.` })
}

/** Runs `work` as the caller's role; a source that has changed its shape is looked at once more. */
async function withSource<T>(
  context: SurfaceContext,
  sources: Sources,
  request: FastifyRequest,
  sourceRequest: SourceRequest,
  work: (session: Session, source: TileSource) => Promise<T>,
): Promise<T> {
  const { principal, inFlight } = getAdmission(request)
  const { database, role } = principal
  const attempt = () =>
    context.warehouse.run(
      {
        key: { database, role },
        lane: 'own',
        deadlineMs: context.limits.statementTimeoutMs,
        signal: inFlight.signal,
      },
      async (session) => work(session, await sources.get(principal, sourceRequest, session)),
    )
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error
    sources.forget(principal, sourceRequest)
    // 42P01, 42703: a table or column went away; 0A000: a prepared plan's columns changed type.
    if (!['42P01', '42703', '0A000'].includes(error.sqlstate)) throw refusal(error)
    return await attempt().catch((again: unknown) => {
      throw again instanceof WarehouseError ? refusal(again) : again
    })
  }
}

function refusal(error: WarehouseError): AccessError {
  const code = error.sqlstate === '42501' ? 'source_not_granted' : 'sql_error'
  return new AccessError(code, { cause: error })
}

/** The address of the same source, absolute. */
function sourceUrl(
  context: SurfaceContext,
  request: FastifyRequest,
  principal: Principal,
  suffix: string,
  more: Record<string, string>,
): string {
  const parameters = new URLSearchParams()
  const given = mergeParameters(request.query, request.body)
  for (const name of ['name', 'columns', 'spatialDataColumn']) {
    const value = given[name]
    if (typeof value === 'string') parameters.set(name, value)
  }
  for (const [name, value] of Object.entries(more)) parameters.set(name, value)
  const credential = findCredentialParameter(request)
  if (credential !== undefined) parameters.set(credential.name, credential.value)
  const base = `${context.publicUrl()}/user/${principal.accountName}`
  return `${base}/v3/maps/${defaultConnection}/table${suffix}?${parameters}`
}
