import { numberParameters } from './number-parameters.ts'
import { countCharacters, placeAsWritten } from './place-as-written.ts'
import { readQuery } from './read-query.ts'
import { splitName } from './split-name.ts'
import { isStorableText } from './storable-text.ts'
import type { RelationRef } from './survey-statement.ts'
import { isSystemRelation } from './system-relations.ts'

/** What the source of a grant names, as far as its text tells. */
export type TokenSource =
  | { readonly kind: 'all' }
  | { readonly kind: 'wildcard'; readonly schema: string; readonly prefix: string }
  | { readonly kind: 'table'; readonly schema: string; readonly name: string }
  | {
      readonly kind: 'query'
      /** The text without a semicolon at its end: what runs. */
      readonly statement: string
      /** How many characters of what was given stand before it. */
      readonly charactersBefore: number
      readonly fingerprint: string
      readonly relations: readonly RelationRef[]
    }

export type TokenSourceResult =
  | { readonly ok: true; readonly source: TokenSource }
  | {
      readonly ok: false
      readonly message: string
      /** Where in the text, in characters from 1; absent where no place can be named. */
      readonly position?: number
    }

/**
 * Reads the source of a grant: `*` for all; `database.schema.*` and `database.schema.prefix*`; the
 * name of a table or tileset, alone, with its schema, or with its database as well; or one SELECT.
 * `databases` are what the database may be called. Never throws.
 */
export function parseTokenSource(text: unknown, databases: readonly string[]): TokenSourceResult {
  if (typeof text !== 'string' || text.trim() === '' || !isStorableText(text)) {
    return refuse('must be a table, a tileset, a SQL query or *')
  }
  const given = text.trim()
  if (given === '*') return { ok: true, source: { kind: 'all' } }
  const parts = splitName(given)
  const isName =
    parts !== undefined && (parts.length > 1 || !/\s/.test(given) || /^".*"$/.test(given))
  const statement = readStatement(given, countCharacters(text.slice(0, text.indexOf(given))))
  if (statement.ok || !isName) return statement
  return parseName(parts, databases, given.endsWith('*'))
}

function parseName(
  parts: readonly string[],
  databases: readonly string[],
  isWildcard: boolean,
): TokenSourceResult {
  if (parts.length > 3) return refuse('is not the name of a table: it has too many parts')
  if (isWildcard && parts.length < 3) {
    return refuse('must name the database and the schema before the *, such as default.public.*')
  }
  const [name = '', schema = 'public', database] = [...parts].reverse()
  if (database !== undefined && !databases.includes(database)) {
    return refuse(`names the database ${database}, and this connection has only ${databases[0]}`)
  }
  const asterisks = [...parts.join('')].filter((character) => character === '*').length
  if (asterisks > (isWildcard ? 1 : 0)) return refuse('can have one *, at its end')
  if (isSystemRelation({ schema, name })) return refuse('names a table of the system')
  return {
    ok: true,
    source: isWildcard
      ? { kind: 'wildcard', schema, prefix: name.slice(0, -1) }
      : { kind: 'table', schema, name },
  }
}

/** Reads one SELECT; so many characters of the text that was given stand before it. */
function readStatement(text: string, charactersBefore: number): TokenSourceResult {
  const { shape, fingerprint } = readQuery(text)
  if (!shape.understood) {
    const refusal = refuse(`is not a valid query: ${shape.message}`)
    if (shape.position === undefined) return refusal
    return { ...refusal, position: charactersBefore + placeAsWritten(text, shape.position) }
  }
  const [only, second] = shape.statements
  if (only === undefined || second !== undefined || only.kind !== 'select' || !only.reads) {
    return refuse('must be exactly one SELECT that only reads')
  }
  if (only.relations.some(isSystemRelation)) return refuse('reads a table of the system')
  // Its range is that of the text with numbers for names; what follows the statement names none.
  const lengthBehind = numberParameters(text).text.length - only.range.end
  const within = text.slice(only.range.start, text.length - lengthBehind)
  const statement = within.trim()
  const before = text.slice(0, only.range.start + within.indexOf(statement))
  return {
    ok: true,
    source: {
      kind: 'query',
      statement,
      charactersBefore: charactersBefore + countCharacters(before),
      fingerprint,
      relations: only.relations,
    },
  }
}

function refuse(message: string): TokenSourceResult & { readonly ok: false } {
  return { ok: false, message }
}
