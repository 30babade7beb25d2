import { hash } from 'node:crypto'
import { quote, type RelationName } from '../warehouse/describe-relation.ts'
import { readBytes } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import type { TileAddress } from './tile-sql.ts'

/**
 * A tileset is a table of pre-made tiles: `z`, `x`, `y`, and `data`, a tile compressed with gzip. What
 * is known of all of them is the JSON in the row at zoom -1, which whoever may read the tiles may read.
 */
export type TilesetFacts = {
  readonly minzoom: number
  readonly maxzoom: number
  /** West, south, east and north of what was drawn, in degrees. */
  readonly bounds: readonly [number, number, number, number] | null
  /** The names and types of the properties. */
  readonly fields: Readonly<Record<string, string>>
}

/** Where a tileset keeps its facts. */
export const factsAddress: TileAddress = { z: -1, x: 0, y: 0 }

/** Reads what is known of a tileset; undefined when the table says nothing of the kind. */
export async function findTilesetFacts(
  session: Session,
  table: RelationName,
): Promise<TilesetFacts | undefined> {
  const data = await readStored(session, table, factsAddress)
  if (data === undefined) return undefined
  try {
    const facts: unknown = JSON.parse(data.toString('utf8'))
    return isFacts(facts) ? facts : undefined
  } catch {
    return undefined
  }
}

/** The gzipped bytes of a tile; undefined when there is none. Throws WarehouseError. */
export function findTilesetTile(
  session: Session,
  table: RelationName,
  address: TileAddress,
): Promise<Buffer | undefined> {
  return address.z < 0 ? Promise.resolve(undefined) : readStored(session, table, address)
}

function readStored(
  session: Session,
  { schema, name }: RelationName,
  { z, x, y }: TileAddress,
): Promise<Buffer | undefined> {
  const text = `select data from ${quote(schema)}.${quote(name)}
    where z operator(pg_catalog.=) $1::pg_catalog.int2
      and x operator(pg_catalog.=) $2::pg_catalog.int4
      and y operator(pg_catalog.=) $3::pg_catalog.int4
    limit 1`
  // PostgreSQL cuts names of prepared statements after 63 bytes.
  const id = `tileset-${hash('sha1', text, 'base64url')}`
  return readBytes(session, { name: id, text, values: [z, x, y], binary: true })
}

function isFacts(value: unknown): value is TilesetFacts {
  const { minzoom, maxzoom, fields } = (value ?? {}) as Record<string, unknown>
  return Number.isInteger(minzoom) && Number.isInteger(maxzoom) && typeof fields === 'object'
}
