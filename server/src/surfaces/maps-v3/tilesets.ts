import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { storeTile } from '../../tiles/store-tile.ts'
import type { StoredTile, TileOrigin } from '../../tiles/tile-cache.ts'
import { findTilesetFacts, findTilesetTile, type TilesetFacts } from '../../tiles/tileset-table.ts'
import {
  findRelation,
  type Relation,
  type RelationName,
} from '../../warehouse/describe-relation.ts'
import { getAdmission } from '../admit.ts'
import { invalidFormat } from '../invalid-format.ts'
import type { SurfaceContext } from '../surface.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import { createOpener, type Open, type Opener } from './create-opener.ts'
import { type Addresses, addressesFor } from './describe-map.ts'
import { parseTileAddress } from './parse-tile-address.ts'
import { type MapRequest, readMap } from './read-map-request.ts'
import { tilesetRoutes } from './schema.ts'
import { sendTile } from './send-tile.ts'

type OpenedTileset = {
  readonly relation: Relation
  readonly facts: TilesetFacts
  readonly origin: TileOrigin
  readonly tilesKey: string
}

/** Tilesets: tiles that were made before, each read by its primary key. */
export function tilesets(server: FastifyInstance, context: SurfaceContext): void {
  const opener = createOpener(context, openTileset)
  const path = '/v3/maps/:connection/tileset'
  const instantiate = (request: FastifyRequest, reply: FastifyReply) =>
    instantiateTileset(context, opener, request, reply)
  server.get(path, { schema: tilesetRoutes.instantiate }, instantiate)
  server.post(path, { schema: tilesetRoutes.instantiateByPost }, instantiate)
  server.get(`${path}/:z/:x/:y`, { schema: tilesetRoutes.tile }, (request, reply) =>
    answerTile(context, opener, request, reply),
  )
}

const openTileset: Open<OpenedTileset> = async (session, { accountId, access, request }) => {
  const relation = await findRelation(session, nameOf(request))
  if (relation === undefined) throw new AccessError('source_not_granted')
  const columns = relation.columns.map(({ name }) => name)
  const isTileset = ['z', 'x', 'y', 'data'].every((name) => columns.includes(name))
  const facts = isTileset ? await findTilesetFacts(session, relation) : undefined
  if (facts === undefined) {
    throw new AccessError('invalid_parameter', { message: 'The table is no tileset.' })
  }
  const { server, database, role } = access.session
  const { schema, name, oid } = relation
  const isShared = relation.isSameForAll
  return {
    relation,
    facts,
    origin: { accountId, database, server, table: isShared ? { schema, name } : undefined },
    tilesKey: `tileset ${isShared ? oid : `${role} ${hash('sha1', `${schema}\0${name}`, 'base64url')}`}`,
  }
}

async function instantiateTileset(
  context: SurfaceContext,
  opener: Opener<OpenedTileset>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const map = readMap(request, 'tileset')
  const format = findText(readParameters(request, ['format']), 'format')
  if (format !== undefined && format !== 'tilejson') throw invalidFormat(format)
  const addressOf = addressesFor(context, request, admission.principal)
  const nowMs = context.commands.now().getTime()
  const answer = await opener.use(admission, map, async (tileset) =>
    format === 'tilejson'
      ? describeTiles(tileset, map, addressOf)
      : describeTileset(tileset, map, addressOf, nowMs),
  )
  const stored = await storeTile(Buffer.from(JSON.stringify(answer)), false)
  return sendTile(request, reply, admission.principal, stored, 'application/json; charset=utf-8')
}

function describeTileset(
  { relation, facts }: OpenedTileset,
  map: MapRequest,
  addressOf: Addresses,
  nowMs: number,
): unknown {
  return {
    // Without the row of its facts.
    nrows: Math.max(0, Math.round(relation.estimatedRows) - 1),
    size: relation.bytes,
    schema: Object.entries(facts.fields).map(([name, type]) => ({ name, type })),
    tilejson: { url: [addressOf(map, { format: 'tilejson', cache: String(nowMs) })] },
  }
}

function describeTiles(
  { relation, facts }: OpenedTileset,
  map: MapRequest,
  addressOf: Addresses,
): unknown {
  const { minzoom, maxzoom, fields } = facts
  const [west, south, east, north] = facts.bounds ?? [-180, -85.0511, 180, 85.0511]
  return {
    tilejson: '2.2.0',
    name: `${relation.schema}.${relation.name}`,
    version: '1.0.0',
    scheme: 'xyz',
    tiles: [addressOf(map, { formatTiles: 'mvt' }, '/{z}/{x}/{y}')],
    minzoom,
    maxzoom,
    bounds: [west, south, east, north],
    center: [(west + east) / 2, (south + north) / 2, minzoom],
    vector_layers: [{ id: 'default', minzoom, maxzoom, fields }],
  }
}

async function answerTile(
  context: SurfaceContext,
  opener: Opener<OpenedTileset>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const address = parseTileAddress(request.params as Record<string, string>)
  const map = readMap(request, 'tileset')
  const { z, x, y } = address
  const tile = await opener.use(admission, map, ({ relation, origin, tilesKey }, run) =>
    context.tiles.get(origin, `${tilesKey} ${z}/${x}/${y}`, async () =>
      asStored(await run((session) => findTilesetTile(session, relation, address))),
    ),
  )
  return sendTile(request, reply, admission.principal, tile, 'application/vnd.mapbox-vector-tile')
}

function asStored(data: Buffer | undefined): StoredTile {
  const bytes = data ?? Buffer.alloc(0)
  // Whoever may write the table may put into it what they like.
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  return { bytes, isGzipped, etag: `W/"${hash('sha1', bytes, 'base64url')}"` }
}

function nameOf({ source }: MapRequest): RelationName {
  if (source.kind === 'query') throw new Error('A tileset is a table.')
  return { schema: 'public', ...source.relation }
}
