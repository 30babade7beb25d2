import { parameterText } from '../policy/parameter-text.ts'
import type { Column } from './column.ts'
import { columnSql } from './comparable-column.ts'
import { invalidParameter } from './invalid-parameter.ts'
import type { SqlParameters } from './sql-parameters.ts'

export type SearchOptions = {
  /** The values are regular expressions, as PostgreSQL has them. */
  readonly useRegExp?: boolean
  readonly mustStart?: boolean
  readonly mustEnd?: boolean
  readonly caseSensitive?: boolean
  /** Accents count. */
  readonly keepSpecialCharacters?: boolean
}

/**
 * SQL that is true for rows in which any of the texts is found: anywhere, or with `mustStart` and
 * `mustEnd` where it must stand, case and accents aside. No text at all is found everywhere.
 */
export function compileStringSearch(
  column: Column,
  texts: readonly unknown[],
  options: SearchOptions,
  parameters: SqlParameters,
): string {
  const whole = `${columnSql(column)}::pg_catalog.text`
  if (texts.length === 0) return `${whole} IS NOT NULL`
  const { useRegExp = false, caseSensitive = false, keepSpecialCharacters = false } = options
  const searched = keepSpecialCharacters ? whole : withoutMarks(whole, parameters)
  const needles = texts.map((text) => {
    if (!['string', 'number', 'boolean'].includes(typeof text)) {
      throw invalidParameter('filters', 'stringSearch takes texts')
    }
    const needle = String(text)
    return useRegExp || keepSpecialCharacters ? needle : removeMarks(needle)
  })
  const list = parameters.add(parameterText(needles, 'filters'), 'text[]')
  if (useRegExp) {
    return `${searched} OPERATOR(pg_catalog.${caseSensitive ? '~' : '~*'}) ANY (${list})`
  }
  const fold = (sql: string) => (caseSensitive ? sql : `pg_catalog.lower(${sql})`)
  const haystack = fold(searched)
  const test = placeTest(haystack, fold('needle.text'), options)
  return `EXISTS (SELECT FROM pg_catalog.unnest(${list}) AS needle (text) WHERE ${test})`
}

function placeTest(haystack: string, needle: string, options: SearchOptions): string {
  const { mustStart = false, mustEnd = false } = options
  if (mustStart && mustEnd) return `${haystack} OPERATOR(pg_catalog.=) ${needle}`
  if (mustStart) return `pg_catalog.starts_with(${haystack}, ${needle})`
  if (mustEnd) {
    return `pg_catalog.right(${haystack}, pg_catalog.length(${needle})) OPERATOR(pg_catalog.=) ${needle}`
  }
  return `pg_catalog.strpos(${haystack}, ${needle}) OPERATOR(pg_catalog.>) 0`
}

function withoutMarks(sql: string, parameters: SqlParameters): string {
  marks ??= findMarks()
  const pattern = parameters.add(`[${marks}]`, 'text')
  return `pg_catalog.regexp_replace(pg_catalog.normalize(${sql}, 'NFD'), ${pattern}, '', 'g')`
}

/** The same for what is searched for. */
function removeMarks(text: string): string {
  return text.normalize('NFD').replace(/\p{Diacritic}/gu, '')
}

let marks: string | undefined

/** The Unicode property Diacritic as ranges of a regular expression, which PostgreSQL has no name for. */
function findMarks(): string {
  const ranges: string[] = []
  let start: number | undefined
  for (let code = 0; code <= 0x1ffff; code += 1) {
    const isMark =
      (code < 0xd800 || code > 0xdfff) && /\p{Diacritic}/u.test(String.fromCodePoint(code))
    if (isMark) start ??= code
    else if (start !== undefined) {
      ranges.push(`${escapeCode(start)}-${escapeCode(code - 1)}`)
      start = undefined
    }
  }
  return ranges.join('')
}

function escapeCode(code: number): string {
  return `\\U${code.toString(16).padStart(8, '0')}`
}
