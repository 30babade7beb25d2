import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../credential/principal.ts'
import { findTileResolutions } from '../../tiles/make-cell-tile.ts'
import { findBounds, measureSource } from '../../tiles/measure-source.ts'
import type { Session } from '../../warehouse/session.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'
import type { SurfaceContext } from '../surface.ts'
import { mapAddress } from './map-addresses.ts'
import type { OpenedMap } from './open-map.ts'
import { maxZoom } from './parse-tile-address.ts'
import type { MapRequest } from './read-map-request.ts'
import { maxWholeRows, wholeFormats } from './whole-source.ts'

/** Where clients find tiles and data of a map. */
export type Addresses = (
  map: MapRequest,
  more: Readonly<Record<string, string>>,
  suffix?: string,
) => string

/** The whole world, as far as tiles show it. */
const world = [-180, -85.0511, 180, 85.0511] as const

export function addressesFor(
  context: SurfaceContext,
  request: FastifyRequest,
  principal: Principal,
): Addresses {
  return (map, more, suffix) => mapAddress(context, request, principal, map, more, suffix)
}

/** The answer to a map's instantiation. */
export async function describeMap(
  session: Session,
  map: OpenedMap,
  request: MapRequest,
  addressOf: Addresses,
  nowMs: number,
): Promise<unknown> {
  const { source, relation, drawn } = map
  const { rows, bytes } = await measureSource(session, drawn.tiles)
  const cache = String(nowMs)
  const isWhole = rows <= maxWholeRows
  const whole = wholeFormats.map((format) => [
    format,
    isWhole
      ? { url: [addressOf(request, { format, cache })] }
      : { error: `More than ${maxWholeRows} rows: this source has tiles only.` },
  ])
  return {
    nrows: Math.round(rows),
    size: Math.round(relation?.bytes ?? bytes),
    schema: source.columns.map(({ name, type }) => ({ name, type })),
    tilejson: { url: [addressOf(request, { format: 'tilejson', cache })] },
    ...Object.fromEntries(whole),
  }
}

/** The TileJSON of a map. */
export async function describeTiles(
  session: Session,
  map: OpenedMap,
  request: MapRequest,
  addressOf: Addresses,
): Promise<unknown> {
  const { drawn } = map
  const bounds = await boundsOf(session, map)
  const [west, south, east, north] = bounds ?? world
  const types = new Map(map.source.columns.map(({ name, type }) => [name, type]))
  const common = {
    tilejson: '2.2.0',
    name: nameOf(request),
    version: '1.0.0',
    scheme: 'xyz',
    bounds: [west, south, east, north],
    center: [(west + east) / 2, (south + north) / 2, 0],
    vector_layers: [
      {
        id: 'default',
        minzoom: 0,
        maxzoom: maxZoom,
        fields: Object.fromEntries(
          drawn.tiles.properties.map(({ name }) => [name, types.get(name) ?? 'unknown']),
        ),
      },
    ],
    minzoom: 0,
    maxzoom: maxZoom,
  }
  if (drawn.kind === 'features') {
    return { ...common, tiles: [addressOf(request, { formatTiles: 'mvt' }, '/{z}/{x}/{y}')] }
  }
  const { min, max } = await findTileResolutions(session, drawn.tiles)
  return {
    ...common,
    tiles: [addressOf(request, { formatTiles: 'json' }, '/{i}')],
    minresolution: min,
    maxresolution: max,
  }
}

async function boundsOf(session: Session, { drawn, relation }: OpenedMap) {
  if (drawn.kind === 'cells') return undefined
  try {
    return await findBounds(session, drawn.tiles, drawn.tiles.geometry, relation)
  } catch (error) {
    // Coordinates that cannot be projected say nothing about where the rest lies.
    if (error instanceof WarehouseError && error.sqlstate === 'XX000') return undefined
    throw error
  }
}

function nameOf({ source }: MapRequest): string {
  if (source.kind === 'query') return 'query'
  const { schema = 'public', name } = source.relation
  return `${schema}.${name}`
}
