import { AccessError } from '../errors.ts'
import { readValues } from './read-values.ts'
import type { TypeCatalogue } from './type-catalogue.ts'
import type { WireColumn } from './wire-reader.ts'

/**
 * Collects a result column by column, for readers that lay typed arrays over it.
 * docs/reference/sql-formats.md describes the bytes.
 */
export type ColumnBuffers = {
  row(buffer: Buffer, offset: number, columnCount: number): void
  /** How many bytes there are so far, about. */
  length(): number
  /** The whole document. */
  finish(): Buffer
}

type ElementType = 'uint8' | 'int32' | 'int64' | 'float64' | 'text'

type Column = {
  readonly name: string
  readonly index: number
  readonly type: ElementType
  readonly parse: (text: string) => number | bigint | string
  readonly values: (number | bigint | string | undefined)[]
}

const magic = 'PSTRNCOL'
const alignment = 8

const kinds: Readonly<Record<string, Pick<Column, 'type' | 'parse'>>> = {
  bool: { type: 'uint8', parse: (text) => (text === 't' ? 1 : 0) },
  int2: { type: 'int32', parse: Number },
  int4: { type: 'int32', parse: Number },
  int8: { type: 'int64', parse: BigInt },
  oid: { type: 'float64', parse: Number },
  float4: { type: 'float64', parse: Number },
  float8: { type: 'float64', parse: Number },
  numeric: { type: 'float64', parse: Number },
  date: { type: 'float64', parse: milliseconds },
  timestamp: { type: 'float64', parse: milliseconds },
  timestamptz: { type: 'float64', parse: milliseconds },
}
const asText: Pick<Column, 'type' | 'parse'> = { type: 'text', parse: (text) => text }

/** Of columns with one name the last counts. Throws invalid_parameter where one holds geometries. */
export function createColumnBuffers(
  columns: readonly WireColumn[],
  types: TypeCatalogue,
  skippedFields: ReadonlySet<string>,
): ColumnBuffers {
  const lastIndex = new Map(columns.map((column, index) => [column.name, index]))
  const written = [...lastIndex]
    .filter(([name]) => !skippedFields.has(name))
    .map(([name, index]): Column => ({ name, index, ...kindOf(columns[index], types), values: [] }))
    .sort((a, b) => a.index - b.index)
  let rows = 0
  let bytes = 0

  return {
    row(buffer, offset, columnCount) {
      const texts = readValues(buffer, offset, columnCount)
      for (const { index, parse, values } of written) {
        const text = texts[index]
        values.push(text === undefined ? undefined : parse(text))
        bytes += alignment + (text?.length ?? 0)
      }
      rows += 1
    },
    length: () => bytes,
    finish() {
      const sections: Buffer[] = []
      let end = 0
      const place = (section: Buffer): number => {
        const offset = end
        sections.push(section, Buffer.alloc(paddingAfter(section.length)))
        end += section.length + paddingAfter(section.length)
        return offset
      }
      const described = written.map(({ name, type, values }) => ({
        name,
        type,
        ...placeValues(type, values, place),
        ...(values.includes(undefined) && {
          valid: place(Buffer.from(values.map((value) => (value === undefined ? 0 : 1)))),
        }),
      }))
      const json = JSON.stringify({ columns: described })
      const header = Buffer.from(json + ' '.repeat(paddingAfter(Buffer.byteLength(json))))
      const start = Buffer.alloc(16)
      start.write(magic, 'latin1')
      start.writeUInt32LE(header.length, 8)
      start.writeUInt32LE(rows, 12)
      return Buffer.concat([start, header, ...sections])
    },
  }
}

function placeValues(
  type: ElementType,
  values: Column['values'],
  place: (section: Buffer) => number,
): { readonly offset: number; readonly ends?: number } {
  if (type !== 'text') return { offset: place(fixedWidth(type, values)) }
  const texts = values.map((value) => Buffer.from(String(value ?? '')))
  const ends = Buffer.alloc(4 * texts.length)
  let end = 0
  texts.forEach((text, index) => {
    end += text.length
    ends.writeUInt32LE(end, 4 * index)
  })
  return { offset: place(Buffer.concat(texts, end)), ends: place(ends) }
}

/** A null takes the place of a value, and is zero. */
function fixedWidth(type: Exclude<ElementType, 'text'>, values: Column['values']): Buffer {
  const width = { uint8: 1, int32: 4, int64: 8, float64: 8 }[type]
  const section = Buffer.alloc(width * values.length)
  values.forEach((value, index) => {
    const at = index * width
    if (type === 'uint8') section.writeUInt8(Number(value ?? 0), at)
    else if (type === 'int32') section.writeInt32LE(Number(value ?? 0), at)
    else if (type === 'int64') section.writeBigInt64LE(BigInt(value ?? 0), at)
    else section.writeDoubleLE(Number(value ?? 0), at)
  })
  return section
}

function paddingAfter(length: number): number {
  return -length & (alignment - 1)
}

/** Since 1970, in UTC. Dates before Christ, which no JavaScript text holds, are not a number. */
function milliseconds(text: string): number {
  if (text.endsWith('infinity')) return text.startsWith('-') ? -Infinity : Infinity
  const isTime = text.includes(' ')
  const iso = text.replace(' ', 'T').replace(/\+00$/, '')
  return Date.parse(isTime ? `${iso}Z` : iso)
}

function kindOf(
  column: WireColumn | undefined,
  types: TypeCatalogue,
): Pick<Column, 'type' | 'parse'> {
  const type = column === undefined ? undefined : types.get(column.typeOid)
  if (type === undefined || type.isCustom === true || type.elementOid !== undefined) return asText
  if (['geometry', 'geography', 'raster'].includes(type.name)) {
    throw new AccessError('invalid_parameter', { message: 'geometry types are not supported' })
  }
  return kinds[type.name] ?? asText
}
