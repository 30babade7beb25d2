import type { TypeCatalogue } from './type-catalogue.ts'
import type { WireColumn } from './wire-reader.ts'

/** What the classic SQL API says of a column. */
export type FieldDescription =
  | { readonly type: string; readonly pgtype: string }
  | {
      readonly type: string
      readonly wkbtype?: string
      readonly dims: number
      readonly srid: number
    }

const geometryTypeNames = [
  'Geometry',
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
  'GeometryCollection',
  'CircularString',
  'CompoundCurve',
  'CurvePolygon',
  'MultiCurve',
  'MultiSurface',
  'PolyhedralSurface',
  'Triangle',
  'Tin',
]

/** Which classic type a PostgreSQL type name stands for: the first of these that it contains. */
const classicTypes: readonly (readonly [classic: string, names: readonly string[]])[] = [
  ['boolean', ['bool']],
  ['number', ['int', 'float', 'numeric']],
  ['string', ['text', 'char', 'unknown']],
  ['date', ['date', 'time']],
]

const noFields: ReadonlySet<string> = new Set()

/** Describes the columns of a result but `skipped`; of columns with one name the last counts. */
export function describeFields(
  columns: readonly WireColumn[],
  types: TypeCatalogue,
  skipped = noFields,
): Record<string, FieldDescription> {
  const fields: Record<string, FieldDescription> = Object.create(null)
  for (const column of columns) {
    if (!skipped.has(column.name)) fields[column.name] = describeField(column, types)
  }
  return fields
}

function describeField(column: WireColumn, types: TypeCatalogue): FieldDescription {
  const type = types.get(column.typeOid)
  if (type === undefined) {
    const unknown = `unknown(${column.typeOid})`
    return { type: unknown, pgtype: unknown }
  }
  if (!type.isCustom && ['geometry', 'geography', 'raster'].includes(type.name)) {
    return { type: type.name, ...describeGeometry(column.typeModifier) }
  }
  if (type.elementOid !== undefined) {
    const element = types.get(type.elementOid)?.name ?? type.name
    return { type: `${classicType(element)}[]`, pgtype: type.name }
  }
  return { type: classicType(type.name), pgtype: type.name }
}

function classicType(name: string): string {
  // The contract's order of tests makes an interval a number, because its name contains "int".
  const match = classicTypes.find(([, parts]) => parts.some((part) => name.includes(part)))
  if (match !== undefined) return match[0]
  return name === 'json' ? 'JSON' : name
}

/**
 * Reads PostGIS's type modifier: SRID in bits 8 to 28 (signed), geometry type in bits 2 to 7, then
 * Z and M. A column without one (-1) has every bit set: four dimensions, SRID -1 and no type.
 */
function describeGeometry(modifier: number): { wkbtype?: string; dims: number; srid: number } {
  const srid = ((modifier & 0x0fffff00) - (modifier & 0x10000000)) >> 8
  const wkbtype = geometryTypeNames[(modifier & 0xfc) >> 2]
  const dims = 2 + ((modifier & 2) >> 1) + (modifier & 1)
  return { ...(wkbtype !== undefined && { wkbtype }), dims, srid }
}
