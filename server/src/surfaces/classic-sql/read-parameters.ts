import { AccessError } from '../../errors.ts'
import { isStorableText } from '../../policy/storable-text.ts'
import { invalidFormat } from '../invalid-format.ts'
import { readCallback } from '../jsonp.ts'
import { type FormatName, isFormatName } from './formats.ts'

/** What a request to the SQL API asks for, whoever asks. */
export type SqlParameters = {
  readonly sql: string
  readonly format: FormatName
  /** True when the request names a format or a file: then the answer is for saving, not for showing. */
  readonly isForSaving: boolean
  readonly filename: string | undefined
  readonly skippedFields: ReadonlySet<string>
  /** Digits behind the point of coordinates in GeoJSON, TopoJSON and SVG. */
  readonly decimalPlaces: number
  readonly page: Page | undefined
  readonly order: Order | undefined
  /** The function that a script is made to call with the answer. */
  readonly callback: string | undefined
  /** The client asks caches to keep the answer for as long as they can. */
  readonly isPersistent: boolean
}

/** Counted from 0. */
export type Page = { readonly rows: bigint; readonly number: bigint }

export type Order = { readonly column: string; readonly direction: 'asc' | 'desc' | undefined }

const defaultDecimalPlaces = 6
/** What PostGIS takes; a double has no more. */
const maxDecimalPlaces = 15

/**
 * Reads the parameters, as query and body together give them. Throws missing_sql, invalid_format or
 * invalid_parameter. What the contract calls ignored is ignored.
 */
export function readParameters(parameters: Readonly<Record<string, unknown>>): SqlParameters {
  const { q, format, filename } = parameters
  // Sent twice it is a list: which of the two is meant is not for us to say.
  if (typeof q !== 'string') throw new AccessError('missing_sql')
  return {
    sql: q,
    format: readFormat(format),
    isForSaving: [format, filename].some((value) => value !== undefined && value !== ''),
    filename: lastText(filename) || undefined,
    skippedFields: readSkippedFields(parameters.skipfields),
    decimalPlaces: readDecimalPlaces(parameters.dp),
    page: readPage(parameters),
    order: readOrder(parameters),
    callback: readCallback(parameters.callback),
    isPersistent: lastText(parameters.cache_policy) === 'persist',
  }
}

/** Of a parameter that is repeated, the last; a number in JSON is as good as its digits. */
function lastText(value: unknown): string | undefined {
  const last = Array.isArray(value) ? value.at(-1) : value
  if (typeof last === 'number') return String(last)
  return typeof last === 'string' ? last : undefined
}

function readFormat(value: unknown): FormatName {
  if (value === undefined || value === '') return 'json'
  const last = Array.isArray(value) ? value.at(-1) : value
  const name = typeof last === 'string' ? last.toLowerCase() : ''
  if (isFormatName(name)) return name
  throw invalidFormat(last)
}

function readSkippedFields(value: unknown): ReadonlySet<string> {
  const lists = (Array.isArray(value) ? value : [value]).filter((list) => typeof list === 'string')
  return new Set(
    lists
      .flatMap((list) => list.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
}

function readDecimalPlaces(value: unknown): number {
  if (value === undefined || value === '') return defaultDecimalPlaces
  const text = lastText(value) ?? ''
  const places = Number(text)
  if (/^\d{1,2}$/.test(text) && places <= maxDecimalPlaces) return places
  throw new AccessError('invalid_parameter', {
    message: `dp must be a whole number from 0 to ${maxDecimalPlaces}.`,
  })
}

/** Contract: where either is not an integer, there is no paging, and nobody is told. */
function readPage({ rows_per_page, page }: Readonly<Record<string, unknown>>): Page | undefined {
  const rows = readInteger(rows_per_page)
  const number = readInteger(page)
  return rows === undefined || number === undefined ? undefined : { rows, number }
}

function readInteger(value: unknown): bigint | undefined {
  const text = lastText(value) ?? ''
  return /^-?\d{1,15}$/.test(text) ? BigInt(text) : undefined
}

function readOrder(parameters: Readonly<Record<string, unknown>>): Order | undefined {
  const column = lastText(parameters.order_by)
  if (column === undefined || column === '') return undefined
  if (!isStorableText(column)) {
    throw new AccessError('invalid_parameter', { message: 'order_by must be a column name.' })
  }
  const direction = lastText(parameters.sort_order)?.toLowerCase()
  return {
    column,
    direction: direction === 'asc' || direction === 'desc' ? direction : undefined,
  }
}
