import { converted, type Encodings } from './cell-encodings.ts'
import { geojsonGeometry } from './geojson-geometry.ts'

/**
 * How the v3 API writes values: docs/decisions/0020-values-and-jobs-of-the-v3-sql-api.md. What is not
 * named here is a text.
 */
export const v3Encodings: Encodings = {
  bool: 'boolean',
  int2: 'verbatim',
  int4: 'verbatim',
  int8: { json: integerJson },
  oid: 'verbatim',
  float4: 'number',
  float8: 'number',
  numeric: 'number',
  json: 'verbatim',
  jsonb: 'verbatim',
  date: converted(instant),
  timestamp: converted(instant),
  timestamptz: converted(instant),
  geometry: { json: geometryJson },
  geography: { json: geometryJson },
}

/** So many digits are always safe. */
const safeLength = 15

/** A number, or a text where JavaScript would read another number. */
function integerJson(text: string): string {
  return text.length <= safeLength || Number.isSafeInteger(Number(text)) ? text : `"${text}"`
}

/**
 * ISO 8601 in UTC, with the fraction of a second that there is. Infinite and BC dates have no such
 * form and stay as they are.
 */
function instant(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?)?$/.exec(text)
  return match === null ? text : `${match[1]}T${match[2] ?? '00:00:00'}Z`
}

/** GeoJSON; the hexadecimal EWKB as it is where GeoJSON has no such geometry. */
function geometryJson(hex: string): string {
  return geojsonGeometry(Buffer.from(hex, 'hex')) ?? JSON.stringify(hex)
}
