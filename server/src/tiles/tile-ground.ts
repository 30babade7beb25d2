import { quote } from '../warehouse/describe-relation.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import { WarehouseError } from '../warehouse/warehouse-error.ts'
import type { TileSource } from './tile-source.ts'
import type { TileAddress } from './tile-sql.ts'

/** A box: west, south, east, north, in the units of some spatial reference. */
export type Box = readonly [west: number, south: number, east: number, north: number]

/** How far a tile's features may reach beyond it, as a share of the tile's width: 64 of 4096. */
export const tileMargin = 64 / 4096
/**
 * Below this zoom the box around a projected tile says little about what is in the tile: a country's
 * own projection is nonsense on the other side of the world.
 */
const projectedFromZoom = 4

/**
 * The ground of a tile and its margin in degrees. It ends where the world ends: projecting what lies
 * beyond the 180th meridian would come out on the other side.
 */
function groundInDegrees({ z, x, y }: TileAddress): Box {
  const tiles = 2 ** z
  const longitude = (column: number) => Math.max(-180, Math.min(180, (360 * column) / tiles - 180))
  // The inverse of the spherical Mercator projection.
  const latitude = (row: number) =>
    (180 / Math.PI) * Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / tiles)))
  return [
    longitude(x - tileMargin),
    latitude(y + 1 + tileMargin),
    longitude(x + 1 + tileMargin),
    latitude(y - tileMargin),
  ]
}

/**
 * The box, in the spatial reference of a geometry column other than Web Mercator, that holds
 * everything in a tile. Undefined for Web Mercator, whose tiles are boxes themselves, and where there is
 * no telling: then rows have to be projected one by one.
 */
export async function findGround(
  session: Session,
  { geometry, postgisSchema }: Pick<TileSource, 'geometry' | 'postgisSchema'>,
  tile: TileAddress,
): Promise<Box | undefined> {
  const { srid } = geometry
  if (srid === 3857) return undefined
  const degrees = groundInDegrees(tile)
  if (srid === 4326) return degrees
  if (tile.z < projectedFromZoom) return undefined
  const [west, south, east, north] = degrees
  const postgis = quote(postgisSchema)
  try {
    const box = await readJson<Box | [null]>(session, {
      name: 'find-ground',
      // Straight edges bend when they are projected.
      text: `select pg_catalog.json_build_array(${postgis}.st_xmin(b), ${postgis}.st_ymin(b),
          ${postgis}.st_xmax(b), ${postgis}.st_ymax(b))::pg_catalog.text
        from (
          select ${postgis}.st_transform(${postgis}.st_segmentize(
              ${postgis}.st_makeenvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326),
              $5::float8), $6::int4)::${postgis}.box3d as b
        ) as projected`,
      values: [west, south, east, north, (east - west) / 16, srid],
    })
    return box?.every(Number.isFinite) === true ? (box as Box) : undefined
  } catch (error) {
    // Some projections end before the world does.
    if (error instanceof WarehouseError) return undefined
    throw error
  }
}
