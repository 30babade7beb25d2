import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { makeCellTile } from '../../tiles/make-cell-tile.ts'
import { makeTile } from '../../tiles/make-tile.ts'
import { type Cell, parseCell } from '../../tiles/spatial-index.ts'
import { storeTile } from '../../tiles/store-tile.ts'
import { getAdmission } from '../admit.ts'
import { invalidFormat } from '../invalid-format.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import { createOpener, type Opener } from './create-opener.ts'
import { addressesFor, describeMap, describeTiles } from './describe-map.ts'
import { type OpenedMap, openMap } from './open-map.ts'
import { parseTileAddress } from './parse-tile-address.ts'
import { type MapKind, readMap } from './read-map-request.ts'
import { mapRoutes } from './schema.ts'
import { sendTile } from './send-tile.ts'
import { tilesets } from './tilesets.ts'
import { isWholeFormat, readWhole } from './whole-source.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The v3 Maps API: maps of tables, queries and tilesets, and their tiles. */
export const mapsV3: Surface = (server, context) => {
  const opener = createOpener(context, openMap)
  for (const kind of ['table', 'query'] as const) {
    const path = `/v3/maps/:connection/${kind}`
    const routes = mapRoutes[kind]
    const instantiate: Handler = (request, reply) =>
      instantiateMap(context, opener, kind, request, reply)
    server.get(path, { schema: routes.instantiate }, instantiate)
    server.post(path, { schema: routes.instantiateByPost }, instantiate)
    server.get(`${path}/:z/:x/:y`, { schema: routes.tile }, (request, reply) =>
      answerTile(context, opener, kind, request, reply),
    )
    server.get(`${path}/:cell`, { schema: routes.cellTile }, (request, reply) =>
      answerCellTile(context, opener, kind, request, reply),
    )
  }
  tilesets(server, context)
}

async function instantiateMap(
  context: SurfaceContext,
  opener: Opener<OpenedMap>,
  kind: MapKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const map = readMap(request, kind)
  const format = findText(readParameters(request, ['format']), 'format')
  const addressOf = addressesFor(context, request, admission.principal)
  if (format !== undefined && format !== 'tilejson' && !isWholeFormat(format)) {
    throw invalidFormat(format)
  }
  const { body, contentType } = await opener.run(admission, map, async (session, opened) => {
    if (format !== undefined && isWholeFormat(format)) return readWhole(session, opened, format)
    const answer =
      format === 'tilejson'
        ? await describeTiles(session, opened, map, addressOf)
        : await describeMap(session, opened, map, addressOf, context.commands.now().getTime())
    return {
      body: Buffer.from(JSON.stringify(answer)),
      contentType: 'application/json; charset=utf-8',
    }
  })
  const stored = await storeTile(body, false)
  return sendTile(request, reply, admission.principal, stored, contentType)
}

async function answerTile(
  context: SurfaceContext,
  opener: Opener<OpenedMap>,
  kind: MapKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const address = parseTileAddress(request.params as Record<string, string>)
  const map = readMap(request, kind)
  const { tiles, limits } = context
  const tile = await opener.use(admission, map, (opened, run) => {
    const { drawn } = opened
    if (drawn.kind !== 'features') throw wrongAddress('{i}')
    return tiles.get(
      opened.origin,
      `${opened.tilesKey} ${address.z}/${address.x}/${address.y}`,
      async () =>
        storeTile(
          await run((session) => makeTile(session, drawn.tiles, address, limits.maxTileFeatures)),
          tiles.isOn,
        ),
    )
  })
  return sendTile(request, reply, admission.principal, tile, 'application/vnd.mapbox-vector-tile')
}

async function answerCellTile(
  context: SurfaceContext,
  opener: Opener<OpenedMap>,
  kind: MapKind,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const { cell: text = '' } = request.params as { cell?: string }
  const map = readMap(request, kind)
  const { tiles, limits } = context
  const tile = await opener.use(admission, map, (opened, run) => {
    const { drawn } = opened
    if (drawn.kind !== 'cells') throw wrongAddress('{z}/{x}/{y}')
    const cell: Cell | undefined = parseCell(drawn.tiles.column.scheme, text)
    if (cell === undefined) {
      throw new AccessError('invalid_parameter', {
        message: `Invalid tile: it must be a cell of ${drawn.tiles.column.scheme} in hexadecimal`,
      })
    }
    return tiles.get(opened.origin, `${opened.tilesKey} ${text.toLowerCase()}`, async () =>
      storeTile(
        await run((session) => makeCellTile(session, drawn.tiles, cell, limits.maxTileFeatures)),
        tiles.isOn,
      ),
    )
  })
  return sendTile(request, reply, admission.principal, tile, 'application/json; charset=utf-8')
}

function wrongAddress(right: string): AccessError {
  return new AccessError('invalid_parameter', {
    message: `Tiles of this source have addresses with ${right}.`,
  })
}
