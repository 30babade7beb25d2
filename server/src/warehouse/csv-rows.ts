import { createCutRow } from './cut-row.ts'
import type { TypeCatalogue } from './type-catalogue.ts'
import type { WireColumn } from './wire-reader.ts'

/**
 * Writes rows as CSV (RFC 4180, lines end in CRLF) straight from PostgreSQL's text format. Values
 * are what a cast to text gives. A null is an empty field, an empty text is `""`. The column
 * `the_geom` comes first, as the classic contract has it.
 */
export type CsvRows = {
  row(buffer: Buffer, offset: number, columnCount: number): void
  /** How many bytes wait to be taken. */
  length(): number
  /** Hands over what was written and starts anew. */
  take(): Buffer
}

/** How the values of a column are written. */
type Encoding = 'verbatim' | 'boolean' | 'padded' | 'text'

/** Types whose text never needs quotes. */
const verbatimTypes = new Set([
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'date',
  'timestamp',
  'timestamptz',
  'uuid',
  'bytea',
  'geometry',
  'geography',
])

const comma = 0x2c
const quote = 0x22
const carriageReturn = 0x0d
const lineFeed = 0x0a
const space = 0x20

const initialSize = 1024
const maxInitialSize = 128 * 1024
const nothing = Buffer.alloc(0)
/** Below this, a loop copies faster than a call. */
const shortBytes = 48

/** Begins with the header line. Of columns with one name the last counts. */
export function createCsvRows(
  columns: readonly WireColumn[],
  types: TypeCatalogue,
  skippedFields: ReadonlySet<string>,
): CsvRows {
  const lastIndex = new Map(columns.map((column, index) => [column.name, index]))
  const written = [...lastIndex]
    .filter(([name]) => !skippedFields.has(name))
    .map(([name, index]) => ({ name, index, encoding: encodingOf(columns[index], types) }))
    .sort(
      (a, b) => Number(b.name === 'the_geom') - Number(a.name === 'the_geom') || a.index - b.index,
    )
  const { starts, lengths, cut } = createCutRow(columns.length)

  let out: Buffer = nothing
  let end = 0
  let size = initialSize

  function reserve(bytes: number): void {
    if (end + bytes <= out.length) return
    const larger = Buffer.allocUnsafe(Math.max(size, out.length * 2, end + bytes))
    out.copy(larger, 0, 0, end)
    out = larger
  }

  function copyBytes(from: Buffer, start: number, length: number): void {
    if (length > shortBytes) {
      from.copy(out, end, start, start + length)
      end += length
      return
    }
    for (let index = start; index < start + length; index += 1) out[end++] = from[index] as number
  }

  function writeText(from: Buffer, start: number, length: number): void {
    reserve(length * 2 + 2)
    const begin = end
    for (let index = start; index < start + length; index += 1) {
      const byte = from[index] as number
      if (byte === comma || byte === quote || byte === lineFeed || byte === carriageReturn) break
      out[end++] = byte
    }
    if (end === begin + length && length > 0) return
    end = begin
    out[end++] = quote
    for (let index = start; index < start + length; index += 1) {
      const byte = from[index] as number
      if (byte === quote) out[end++] = quote
      out[end++] = byte
    }
    out[end++] = quote
  }

  function writeValue(encoding: Encoding, from: Buffer, start: number, length: number): void {
    if (encoding === 'text') {
      writeText(from, start, length)
    } else if (encoding === 'padded') {
      // A cast of char(n) to text takes the blanks off.
      let trimmed = length
      while (trimmed > 0 && from[start + trimmed - 1] === space) trimmed -= 1
      writeText(from, start, trimmed)
    } else {
      reserve(length + 8)
      if (encoding === 'verbatim') copyBytes(from, start, length)
      else end += out.write(from[start] === 0x74 ? 'true' : 'false', end, 'latin1')
    }
  }

  function endLine(): void {
    reserve(2)
    out[end++] = carriageReturn
    out[end++] = lineFeed
  }

  written.forEach(({ name }, position) => {
    const bytes = Buffer.from(name)
    reserve(1)
    if (position > 0) out[end++] = comma
    writeText(bytes, 0, bytes.length)
  })
  if (written.length > 0) endLine()

  return {
    row(buffer, offset, columnCount) {
      cut(buffer, offset, columnCount)
      for (let position = 0; position < written.length; position += 1) {
        const column = written[position] as (typeof written)[number]
        reserve(1)
        if (position > 0) out[end++] = comma
        const length = lengths[column.index] as number
        if (length >= 0) writeValue(column.encoding, buffer, starts[column.index] as number, length)
      }
      if (written.length > 0) endLine()
    },
    length: () => end,
    take() {
      const taken = out.subarray(0, end)
      // What comes next is about as long.
      size = Math.min(out.length, maxInitialSize)
      out = nothing
      end = 0
      return taken
    },
  }
}

function encodingOf(column: WireColumn | undefined, types: TypeCatalogue): Encoding {
  const type = column === undefined ? undefined : types.get(column.typeOid)
  if (type === undefined || type.isCustom === true || type.elementOid !== undefined) return 'text'
  if (verbatimTypes.has(type.name)) return 'verbatim'
  if (type.name === 'bool') return 'boolean'
  return type.name === 'bpchar' ? 'padded' : 'text'
}
