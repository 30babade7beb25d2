import { type Encoding, type Encodings, encodingOf, isoTimestamp } from './cell-encodings.ts'
import { classicEncodings } from './classic-encodings.ts'
import type { TypeCatalogue } from './type-catalogue.ts'
import type { WireColumn } from './wire-reader.ts'

/** Writes rows as JSON objects from PostgreSQL's text format, byte for byte where it can. */
export type JsonRows = {
  /** Appends one row, after a comma if it is not the first. */
  row(buffer: Buffer, offset: number, columnCount: number): void
  /** Appends text that is already JSON. */
  text(text: string): void
  /** Takes over what another has written, and whether rows stand before those that follow. */
  continueAfter(before: JsonRows): void
  /** True when a row has been written. */
  hasRows(): boolean
  /** How many bytes wait to be taken. */
  length(): number
  /** Hands over what was written and starts anew. */
  take(): Buffer
}

/** Most answers are small. What is larger is written into a sheet, and what is larger still doubles. */
const smallSize = 1024
const sheetSize = 160 * 1024
const maxSpareSheets = 32
/** For anybody's next rows: as garbage, sheets would have the collector walk the heap all the time. */
const spareSheets: Buffer[] = []
const nothing = Buffer.alloc(0)
/** `2026-01-02`, and with a time `2026-01-02 03:04:05`. */
const dateLength = 10
const dateTimeLength = 19
const hexDigits = '0123456789abcdef'

/**
 * Rows become objects of their columns, but for `skippedFields`. With `geometryColumn`, which must be
 * the first and hold GeoJSON text, they become GeoJSON features whose properties are all columns but
 * the classic geometry columns.
 */
export function createJsonRows(
  columns: readonly WireColumn[],
  types: TypeCatalogue,
  options: {
    readonly geometryColumn?: string
    readonly skippedFields?: ReadonlySet<string>
    /** What each type becomes: by default the classic SQL API's contract. */
    readonly encodings?: Encodings
  } = {},
): JsonRows {
  const { geometryColumn, skippedFields = [], encodings = classicEncodings } = options
  const isFeature = geometryColumn !== undefined
  const notWritten = new Set([
    ...skippedFields,
    ...(isFeature ? [geometryColumn, 'the_geom', 'the_geom_webmercator'] : []),
  ])
  // Of columns with the same name the last one counts.
  const lastIndex = new Map(columns.map((column, index) => [column.name, index]))
  const written = columns.map(
    (column, index) => lastIndex.get(column.name) === index && !notWritten.has(column.name),
  )
  const plan = columns.map((column, index) => ({
    written: written[index] === true,
    encoding: encodingOf(column.typeOid, types, encodings),
    // The comma belongs to every written column but the first.
    key: Buffer.from(
      `${written.indexOf(true) === index ? '' : ','}${JSON.stringify(column.name)}:`,
    ),
  }))

  let out: Buffer = nothing
  let end = 0
  let isFirst = true

  function reserve(bytes: number): void {
    const needed = end + bytes
    if (needed <= out.length) return
    const larger =
      needed <= sheetSize ? takeRoom(needed) : Buffer.allocUnsafe(Math.max(needed, out.length * 2))
    out.copy(larger, 0, 0, end)
    giveBack(out)
    out = larger
  }

  function writeText(text: string): void {
    reserve(text.length * 3)
    end += out.write(text, end)
  }

  function writeColumn(
    { key, encoding }: { readonly key: Buffer; readonly encoding: Encoding },
    from: Buffer,
    start: number,
    length: number,
  ): void {
    reserve(key.length + maxWrittenLength(encoding, Math.max(length, 0)))
    const at = copyBytes(out, end, key, 0, key.length)
    if (length < 0) end = at + out.write('null', at, 'latin1')
    else if (encoding === 'string') end = writeString(out, at, from, start, length)
    else if (encoding === 'verbatim') end = copyBytes(out, at, from, start, length)
    else if (encoding === 'number') end = writeNumber(out, at, from, start, length)
    else if (encoding === 'timestamp') end = writeTimestamp(out, at, from, start, length)
    else if (encoding === 'boolean') {
      end = at + out.write(from[start] === 0x74 ? 'true' : 'false', at, 'latin1')
    } else {
      end = at
      writeText(encoding.json(from.toString('utf8', start, start + length)))
    }
  }

  /** Writes a feature up to its properties; returns where the second column begins. */
  function startFeature(buffer: Buffer, offset: number): number {
    const length = buffer.readInt32BE(offset)
    writeText('{"type":"Feature","geometry":')
    if (length < 0) writeText('null')
    else {
      reserve(length)
      end = copyBytes(out, end, buffer, offset + 4, length)
    }
    writeText(',"properties":')
    return offset + 4 + Math.max(length, 0)
  }

  return {
    row(buffer, offset, columnCount) {
      reserve(3)
      if (!isFirst) out[end++] = 0x2c
      isFirst = false
      let position = isFeature ? startFeature(buffer, offset) : offset
      reserve(1)
      out[end++] = 0x7b
      for (let index = isFeature ? 1 : 0; index < columnCount; index += 1) {
        const length = buffer.readInt32BE(position)
        position += 4
        const column = plan[index]
        if (column?.written === true) writeColumn(column, buffer, position, length)
        if (length > 0) position += length
      }
      reserve(2)
      out[end++] = 0x7d
      if (isFeature) out[end++] = 0x7d
    },
    text: writeText,
    continueAfter(before) {
      isFirst = !before.hasRows()
      const written = before.take()
      reserve(written.length)
      written.copy(out, end)
      end += written.length
    },
    hasRows: () => !isFirst,
    length: () => end,
    take() {
      const written = out.subarray(0, end)
      const taken = out.length === sheetSize ? Buffer.from(written) : written
      giveBack(out)
      out = nothing
      end = 0
      return taken
    },
  }
}

/** A buffer of at least so many bytes, a sheet at most. */
function takeRoom(bytes: number): Buffer {
  if (bytes <= smallSize) return Buffer.allocUnsafe(smallSize)
  return spareSheets.pop() ?? Buffer.allocUnsafe(sheetSize)
}

function giveBack(buffer: Buffer): void {
  if (buffer.length === sheetSize && spareSheets.length < maxSpareSheets) spareSheets.push(buffer)
}

/** How long what stands for a value can become; what is converted makes its own room. */
function maxWrittenLength(encoding: Encoding, length: number): number {
  // Every byte of a string could need a six-character escape.
  return dateTimeLength + '""Z'.length + (encoding === 'verbatim' ? length : length * 6)
}

// The writers below begin at `at` in `to`, where there is room enough, and return where they ended.

function copyBytes(to: Buffer, at: number, from: Buffer, start: number, length: number): number {
  if (length > 48) from.copy(to, at, start, start + length)
  else
    for (let index = 0; index < length; index += 1) to[at + index] = from[start + index] as number
  return at + length
}

function writeString(to: Buffer, at: number, from: Buffer, start: number, length: number): number {
  let end = at
  to[end++] = 0x22
  for (let index = start; index < start + length; index += 1) {
    const byte = from[index] as number
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) to[end++] = byte
    else end = writeEscape(to, end, byte)
  }
  to[end++] = 0x22
  return end
}

function writeEscape(to: Buffer, at: number, byte: number): number {
  to[at] = 0x5c
  if (byte === 0x22 || byte === 0x5c) {
    to[at + 1] = byte
    return at + 2
  }
  // \u00XX, digit by digit: a text can be nothing but control characters.
  to[at + 1] = 0x75
  to[at + 2] = 0x30
  to[at + 3] = 0x30
  to[at + 4] = 0x30 + (byte >> 4)
  to[at + 5] = hexDigits.charCodeAt(byte & 15)
  return at + 6
}

/** NaN and the infinities are not JSON numbers. */
function writeNumber(to: Buffer, at: number, from: Buffer, start: number, length: number): number {
  const lead = from[from[start] === 0x2d ? start + 1 : start] as number
  return lead >= 0x30 && lead <= 0x39
    ? copyBytes(to, at, from, start, length)
    : writeString(to, at, from, start, length)
}

/** What `isoTimestamp` says, without making a string of what is almost it already. */
function writeTimestamp(
  to: Buffer,
  at: number,
  from: Buffer,
  start: number,
  length: number,
): number {
  if (!isPlainTimestamp(from, start, length)) {
    const text = isoTimestamp(from.toString('latin1', start, start + length))
    return at + to.write(JSON.stringify(text), at, 'latin1')
  }
  let end = at
  to[end++] = 0x22
  end = copyBytes(to, end, from, start, dateLength)
  to[end++] = 0x54
  if (length === dateLength) end += to.write('00:00:00', end, 'latin1')
  else end = copyBytes(to, end, from, start + dateLength + 1, dateTimeLength - dateLength - 1)
  to[end++] = 0x5a
  to[end++] = 0x22
  return end
}

/** Whether it is a date or a time of a year with four digits, as nearly all are. */
function isPlainTimestamp(from: Buffer, start: number, length: number): boolean {
  const lastByte = from[start + length - 1] as number
  return from[start + 4] === 0x2d && lastByte >= 0x30 && lastByte <= 0x39
}
