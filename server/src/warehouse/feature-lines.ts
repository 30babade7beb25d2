import { AccessError } from '../errors.ts'
import { createCutRow } from './cut-row.ts'
import { isoWkb } from './iso-wkb.ts'
import { createPieces } from './pieces.ts'
import type { TypeCatalogue } from './type-catalogue.ts'
import type { WireColumn } from './wire-reader.ts'

/**
 * Writes rows as one GeoJSON feature per line (RFC 8142 without the record separators), for another
 * program to read. Geometries are properties as well, in hexadecimal ISO WKB: GeoJSON could hold
 * neither curves nor other spatial references. Properties are named by number, `c0` and so on.
 */
export type FeatureLines = {
  /** Throws export_failed when geometries of several spatial references stand together. */
  row(buffer: Buffer, offset: number, columnCount: number): void
  length(): number
  take(): Buffer
  /** What the rows so far are. */
  shape(): FeatureShape
}

export type FeatureShape = {
  readonly columns: readonly FeatureColumn[]
  readonly geometry:
    | {
        readonly name: string
        readonly property: string
        /** The ISO numbers of the types that were met. */
        readonly types: ReadonlySet<number>
        readonly srid: number | undefined
      }
    | undefined
}

export type FeatureColumn = {
  readonly name: string
  readonly property: string
  /** PostgreSQL's name of the type; `text` for all that are written as text. */
  readonly type: ColumnType
}

export type ColumnType =
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'float4'
  | 'float8'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'text'

const columnTypes: Readonly<Record<string, ColumnType>> = {
  bool: 'bool',
  int2: 'int2',
  int4: 'int4',
  int8: 'int8',
  oid: 'int8',
  float4: 'float4',
  float8: 'float8',
  numeric: 'float8',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
}

const defaultGeometry = 'the_geom'
/** The same again in another projection. */
const copiedGeometry = 'the_geom_webmercator'

/** Of columns with one name the last counts; the geometry is `the_geom`, else the first there is. */
export function createFeatureLines(
  columns: readonly WireColumn[],
  types: TypeCatalogue,
  skippedFields: ReadonlySet<string>,
): FeatureLines {
  const lastIndex = new Map(columns.map((column, index) => [column.name, index]))
  const kept = [...lastIndex]
    .filter(([name]) => !skippedFields.has(name) && name !== copiedGeometry)
    .map(([name, index]) => ({ name, index, typeName: shippedName(columns[index], types) }))
    .sort((a, b) => a.index - b.index)
  const geometries = kept.filter(({ typeName }) => ['geometry', 'geography'].includes(typeName))
  const geometry = geometries.find(({ name }) => name === defaultGeometry) ?? geometries[0]
  const written = kept
    .filter((column) => column !== geometry)
    .map(({ name, index, typeName }) => ({
      name,
      index,
      property: `c${index}`,
      type: columnTypes[typeName] ?? 'text',
    }))
  const { starts, lengths, cut } = createCutRow(columns.length)
  const seenTypes = new Set<number>()
  const seenSrids = new Set<number | undefined>()
  const lines = createPieces()

  function geometryText(buffer: Buffer, start: number, length: number): string {
    const hex = buffer.toString('latin1', start, start + length)
    const { wkb, type, srid } = isoWkb(Buffer.from(hex, 'hex'))
    seenTypes.add(type)
    seenSrids.add(srid)
    if (seenSrids.size > 1) {
      throw new AccessError('export_failed', {
        message: 'The geometries of the result are in several spatial reference systems.',
      })
    }
    return `"${wkb.toString('hex')}"`
  }

  return {
    row(buffer, offset, columnCount) {
      cut(buffer, offset, columnCount)
      const members: string[] = []
      for (const { index, property, type } of written) {
        const start = starts[index] as number
        const length = lengths[index] as number
        const json =
          length < 0 ? 'null' : valueJson(type, buffer.toString('utf8', start, start + length))
        members.push(`"${property}":${json}`)
      }
      if (geometry !== undefined) {
        const length = lengths[geometry.index] as number
        const json =
          length < 0 ? 'null' : geometryText(buffer, starts[geometry.index] as number, length)
        members.push(`"g":${json}`)
      }
      lines.add(`{"type":"Feature","geometry":null,"properties":{${members.join(',')}}}\n`)
    },
    length: () => lines.length(),
    take: () => lines.take(),
    shape: () => ({
      columns: written.map(({ name, property, type }) => ({ name, property, type })),
      geometry: geometry && {
        name: geometry.name,
        property: 'g',
        types: seenTypes,
        srid: [...seenSrids][0],
      },
    }),
  }
}

function valueJson(type: ColumnType, text: string): string {
  switch (type) {
    case 'bool':
      return text === 't' ? 'true' : 'false'
    case 'int2':
    case 'int4':
    case 'int8':
      return text
    case 'float4':
    case 'float8':
      return /^-?\d/.test(text) ? text : JSON.stringify(text)
    case 'timestamp':
      return JSON.stringify(text.replace(' ', 'T').replace(/\+00$/, 'Z'))
    default:
      return JSON.stringify(text)
  }
}

/** The name of a type that PostgreSQL or PostGIS brings; the names that accounts give mean nothing. */
function shippedName(column: WireColumn | undefined, types: TypeCatalogue): string {
  const type = column === undefined ? undefined : types.get(column.typeOid)
  if (type === undefined || type.isCustom === true || type.elementOid !== undefined) return ''
  return type.name
}
