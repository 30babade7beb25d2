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

/** Most answers are small, and what is larger doubles soon. */
const initialSize = 1024
const maxInitialSize = 128 * 1024
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
  let size = initialSize
  let isFirst = true

  function reserve(bytes: number): void {
    if (end + bytes <= out.length) return
    const larger = Buffer.allocUnsafe(Math.max(size, out.length * 2, end + bytes))
    out.copy(larger, 0, 0, end)
    out = larger
  }

  function writeText(text: string): void {
    reserve(text.length * 3)
    end += out.write(text, end)
  }

  function copyBytes(from: Buffer, start: number, length: number): void {
    if (length > 48) {
      from.copy(out, end, start, start + length)
      end += length
      return
    }
    for (let index = start; index < start + length; index += 1) out[end++] = from[index] as number
  }

  function writeString(from: Buffer, start: number, length: number): void {
    // Every byte could need a six-character escape.
    reserve(length * 6 + 2)
    out[end++] = 0x22
    for (let index = start; index < start + length; index += 1) {
      const byte = from[index] as number
      if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) out[end++] = byte
      else writeEscape(byte)
    }
    out[end++] = 0x22
  }

  function writeEscape(byte: number): void {
    out[end++] = 0x5c
    if (byte === 0x22 || byte === 0x5c) {
      out[end++] = byte
      return
    }
    // \u00XX, digit by digit: a text can be nothing but control characters.
    out[end++] = 0x75
    out[end++] = 0x30
    out[end++] = 0x30
    out[end++] = 0x30 + (byte >> 4)
    out[end++] = hexDigits.charCodeAt(byte & 15)
  }

  /** What `isoTimestamp` says, without making a string of what is almost it already. */
  function writeTimestamp(from: Buffer, start: number, length: number): void {
    if (!isPlainTimestamp(from, start, length)) {
      writeText(JSON.stringify(isoTimestamp(from.toString('latin1', start, start + length))))
      return
    }
    reserve(dateTimeLength + '""Z'.length)
    out[end++] = 0x22
    copyBytes(from, start, dateLength)
    out[end++] = 0x54
    if (length === dateLength) end += out.write('00:00:00', end, 'latin1')
    else copyBytes(from, start + dateLength + 1, dateTimeLength - dateLength - 1)
    out[end++] = 0x5a
    out[end++] = 0x22
  }

  function writeValue(encoding: Encoding, from: Buffer, start: number, length: number): void {
    if (encoding === 'string') {
      writeString(from, start, length)
      return
    }
    reserve(length + 8)
    if (encoding === 'verbatim') {
      copyBytes(from, start, length)
    } else if (encoding === 'number') {
      // NaN and the infinities are not JSON numbers.
      const lead = from[from[start] === 0x2d ? start + 1 : start] as number
      if (lead >= 0x30 && lead <= 0x39) copyBytes(from, start, length)
      else writeString(from, start, length)
    } else if (encoding === 'boolean') {
      end += out.write(from[start] === 0x74 ? 'true' : 'false', end, 'latin1')
    } else if (encoding === 'timestamp') {
      writeTimestamp(from, start, length)
    } else {
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
      copyBytes(buffer, offset + 4, length)
    }
    writeText(',"properties":')
    reserve(1)
    return offset + 4 + Math.max(length, 0)
  }

  return {
    row(buffer, offset, columnCount) {
      reserve(2)
      if (!isFirst) out[end++] = 0x2c
      isFirst = false
      let position = isFeature ? startFeature(buffer, offset) : offset
      out[end++] = 0x7b
      for (let index = isFeature ? 1 : 0; index < columnCount; index += 1) {
        const length = buffer.readInt32BE(position)
        position += 4
        const column = plan[index]
        if (column?.written === true) {
          reserve(column.key.length + 5)
          copyBytes(column.key, 0, column.key.length)
          if (length < 0) end += out.write('null', end, 'latin1')
          else writeValue(column.encoding, buffer, position, length)
        }
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
      const taken = out.subarray(0, end)
      // What comes next is about as long.
      size = Math.min(out.length, maxInitialSize)
      out = nothing
      end = 0
      return taken
    },
  }
}

/** Whether it is a date or a time of a year with four digits, as nearly all are. */
function isPlainTimestamp(from: Buffer, start: number, length: number): boolean {
  const lastByte = from[start + length - 1] as number
  return from[start + 4] === 0x2d && lastByte >= 0x30 && lastByte <= 0x39
}
