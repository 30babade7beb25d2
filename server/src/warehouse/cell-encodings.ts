import { arrayJson } from './array-json.ts'
import type { TypeCatalogue } from './type-catalogue.ts'

/** How a value of one column is written. */
export type Encoding =
  | 'verbatim'
  | 'number'
  | 'boolean'
  | 'string'
  | 'timestamp'
  | { readonly json: (text: string) => string }

/** How values of each type are written; what is not named is a text, as PostgreSQL writes it. */
export type Encodings = Readonly<Record<string, Encoding>>

/** How values of a type are written, of arrays with their elements. */
export function encodingOf(oid: number, types: TypeCatalogue, encodings: Encodings): Encoding {
  const type = types.get(oid)
  if (type === undefined) return 'string'
  if (type.elementOid === undefined) {
    return (type.isCustom ? undefined : encodings[type.name]) ?? 'string'
  }
  const delimiter = types.get(type.elementOid)?.delimiter ?? ','
  const element = encodingOf(type.elementOid, types, encodings)
  return { json: (text) => arrayJson(text, delimiter, (item) => elementJson(element, item)) }
}

function elementJson(encoding: Encoding, text: string): string {
  switch (encoding) {
    case 'string':
      return JSON.stringify(text)
    case 'boolean':
      return text === 't' ? 'true' : 'false'
    case 'verbatim':
      return text
    case 'timestamp':
      return JSON.stringify(isoTimestamp(text))
    case 'number':
      return /^-?\d/.test(text) ? text : JSON.stringify(text)
    default:
      return encoding.json(text)
  }
}

/** Written as the JSON of what `convert` makes of PostgreSQL's text. */
export function converted(convert: (text: string) => unknown): Encoding {
  return { json: (text) => JSON.stringify(convert(text)) }
}

/**
 * PostgreSQL's ISO form, which our sessions produce in UTC, as the contract wants it. Infinite and
 * BC dates have no such form and stay as they are.
 */
export function isoTimestamp(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00)?)?$/.exec(text)
  return match === null ? text : `${match[1]}T${match[2] ?? '00:00:00'}Z`
}
