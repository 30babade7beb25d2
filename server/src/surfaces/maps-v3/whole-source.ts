import { AccessError } from '../../errors.ts'
import { sourceAlias } from '../../sources/print-expression.ts'
import type { TileRows } from '../../tiles/tile-source.ts'
import { quote } from '../../warehouse/describe-relation.ts'
import type { Session } from '../../warehouse/session.ts'
import type { OpenedMap } from './open-map.ts'

/** What a source can be fetched as without tiles. */
export const wholeFormats = ['geojson', 'json', 'ndjson'] as const

export type WholeFormat = (typeof wholeFormats)[number]

/** Larger sources have tiles only. */
export const maxWholeRows = 30_000
const maxWholeBytes = 50 * 1024 * 1024

const contentTypes: Readonly<Record<WholeFormat, string>> = {
  geojson: 'application/geo+json; charset=utf-8',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

/** How the rows of each are put together. */
const frames: Readonly<Record<WholeFormat, { head: string; between: string; tail: string }>> = {
  geojson: { head: '{"type":"FeatureCollection","features":[', between: ',', tail: ']}' },
  json: { head: '{"rows":[', between: ',', tail: ']}' },
  ndjson: { head: '', between: '\n', tail: '\n' },
}

export function isWholeFormat(format: string): format is WholeFormat {
  return (wholeFormats as readonly string[]).includes(format)
}

/**
 * All rows of a source, in degrees. `geojson`: features. `json`: `{"rows": []}`, geometries as
 * GeoJSON. `ndjson`: a row a line. Throws rows_limit_exceeded and bytes_limit_exceeded.
 */
export async function readWhole(
  session: Session,
  map: OpenedMap,
  format: WholeFormat,
): Promise<{ readonly body: Buffer; readonly contentType: string }> {
  const { head, between, tail } = frames[format]
  const pieces: Buffer[] = [Buffer.from(head)]
  const comma = Buffer.from(between)
  let bytes = 0
  let rows = 0
  await session.run(wholeStatement(map, format), {
    row(buffer, offset) {
      const length = buffer.readInt32BE(offset)
      rows += 1
      bytes += length
      // What comes after the last that fits is read and dropped: it is one row at most, or was counted.
      if (rows > maxWholeRows || bytes > maxWholeBytes) return
      if (rows > 1) pieces.push(comma)
      pieces.push(Buffer.from(buffer.subarray(offset + 4, offset + 4 + length)))
    },
  })
  await session.settled()
  if (rows > maxWholeRows) {
    throw new AccessError('rows_limit_exceeded', {
      message: `The source has more than ${maxWholeRows} rows: ask for its tiles.`,
    })
  }
  if (bytes > maxWholeBytes) {
    throw new AccessError('bytes_limit_exceeded', {
      message: `The source has more than ${maxWholeBytes} bytes: ask for its tiles.`,
    })
  }
  pieces.push(Buffer.from(rows === 0 && format === 'ndjson' ? '' : tail))
  return { body: Buffer.concat(pieces), contentType: contentTypes[format] }
}

function wholeStatement({ source, drawn }: OpenedMap, format: WholeFormat) {
  const rows: TileRows = drawn.tiles
  const where = rows.filter === undefined ? '' : `\nwhere ${rows.filter}`
  const properties =
    drawn.kind === 'features' && drawn.tiles.gridCells === undefined
      ? drawn.tiles.properties
      : source.columns
          .filter(({ type }) => type !== 'geometry')
          .map(({ name }) => ({ name, sql: `${sourceAlias}.${quote(name)}` }))
  const outputs = properties.map(({ name, sql }) => `${sql} as ${quote(name)}`)
  const geometry = drawn.kind === 'features' ? geometryJson(drawn.tiles) : undefined
  const record = (columns: readonly string[]) =>
    `(select pg_catalog.row_to_json(r.*) from (select ${columns.join(', ')}) as r)`
  const row =
    format === 'geojson'
      ? `pg_catalog.json_build_object('type', 'Feature', 'geometry', ${geometry ?? 'null'},
    'properties', ${record(outputs)})`
      : record([
          ...outputs,
          ...(geometry === undefined || drawn.kind !== 'features'
            ? []
            : [`${geometry} as ${quote(drawn.tiles.geometry.name)}`]),
        ])
  return {
    text: `select ${row}::pg_catalog.text from ${rows.from} as ${sourceAlias}${where}
limit ${maxWholeRows + 1}`,
    values: rows.values,
  }
}

function geometryJson(tiles: Extract<OpenedMap['drawn'], { kind: 'features' }>['tiles']): string {
  const { geometry, postgisSchema } = tiles
  const postgis = quote(postgisSchema)
  const column = `${sourceAlias}.${quote(geometry.name)}`
  const inDegrees = geometry.srid === 4326 ? column : `${postgis}.st_transform(${column}, 4326)`
  return `${postgis}.st_asgeojson(${inDegrees}, 9, 0)::pg_catalog.json`
}
