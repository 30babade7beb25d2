import { LRUCache } from 'lru-cache'
import { hasLongOperatorRun, maxOperatorRun } from './has-long-operator-run.ts'
import { type CopyFacts, readCopy } from './read-copy.ts'
import { selectPattern } from './select-pattern.ts'
import { statementKindOf } from './statement-kind.ts'
import { type ParsedStatement, parseStatements, StatementSyntaxError } from './statement-parser.ts'
import type { StatementKind } from './statement-policy.ts'
import { isStorableText } from './storable-text.ts'
import { type RelationRef, surveyStatement } from './survey-statement.ts'

export { loadStatementParser } from './statement-parser.ts'

export type Statement = {
  /** The name of its node in PostgreSQL's syntax tree. */
  readonly node: string
  readonly kind: StatementKind
  /** True when nothing in it writes or locks by its shape; a function it calls still might. */
  readonly reads: boolean
  /** Its own text without the semicolon, as indices into the text that was classified. */
  readonly range: { readonly start: number; readonly end: number }
  /** The relations it names, not those that it reaches through views and functions. */
  readonly relations: readonly RelationRef[]
  /** Only of a COPY. */
  readonly copy?: CopyFacts | undefined
}

export type StatementShape =
  | { readonly understood: true; readonly statements: readonly Statement[] }
  | {
      readonly understood: false
      readonly reason: 'sql_too_long' | 'statement_not_understood'
      readonly message: string
      /** In characters, from 1, as PostgreSQL counts. */
      readonly position?: number
    }

/**
 * What parsing has said of plain SELECTs, by their pattern: parsing one costs twenty times as much as
 * finding it here. No value of anybody's is kept.
 */
const knownSelects = new LRUCache<string, Statement>({
  max: 2_000,
  maxSize: 4 * 1024 * 1024,
  sizeCalculation: ({ relations }, pattern) => pattern.length + 200 * (1 + relations.length),
})

/**
 * What a text of SQL is, as far as its shape tells. Never throws; what it cannot make sense of is
 * not understood. A text of blanks and comments has no statements. It holds up the event loop, at
 * worst for about a microsecond per byte: that is what `maxBytes` is for. The parser must have been
 * loaded with `loadStatementParser`.
 */
export function classifyStatement(
  sql: string,
  { maxBytes }: { readonly maxBytes: number },
): StatementShape {
  const sqlBytes = Buffer.byteLength(sql)
  if (sqlBytes > maxBytes) {
    return {
      understood: false,
      reason: 'sql_too_long',
      message: `The SQL statement is too long (maximum is ${maxBytes} bytes).`,
    }
  }
  const pattern = selectPattern(sql)
  const known = pattern === undefined ? undefined : knownSelects.get(pattern)
  if (known !== undefined) {
    return { understood: true, statements: [{ ...known, range: { start: 0, end: sql.length } }] }
  }
  const shape = parseShape(sql, sqlBytes)
  const [only, second] = shape.understood ? shape.statements : []
  if (pattern !== undefined && only?.kind === 'select' && second === undefined) {
    knownSelects.set(pattern, only)
  }
  return shape
}

function parseShape(sql: string, sqlBytes: number): StatementShape {
  if (!isStorableText(sql)) {
    return notUnderstood('The statement contains a character that PostgreSQL cannot store.')
  }
  if (hasLongOperatorRun(sql)) {
    return notUnderstood(
      `The statement contains more than ${maxOperatorRun} operator characters in a row.`,
    )
  }
  try {
    const parsed = parseStatements(sql)
    const ranges = textRanges(sql, sqlBytes, parsed)
    return {
      understood: true,
      statements: parsed.map(({ node, body }, index) => ({
        node,
        kind: statementKindOf(node, body),
        range: ranges[index] ?? { start: 0, end: sql.length },
        copy: readCopy(node, body),
        ...surveyStatement(node, body),
      })),
    }
  } catch (error) {
    if (error instanceof StatementSyntaxError) return notUnderstood(error.message, error.position)
    if (error instanceof RangeError) return notUnderstood('The statement is nested too deeply.')
    return notUnderstood('The statement could not be parsed.')
  }
}

/** The shape of a text that says nothing, and why. */
export function notUnderstood(message: string, position?: number): StatementShape {
  return {
    understood: false,
    reason: 'statement_not_understood',
    message,
    ...(position !== undefined && { position }),
  }
}

/** The parser counts bytes; one pass over the text turns them into indices. */
function textRanges(
  sql: string,
  sqlBytes: number,
  statements: readonly ParsedStatement[],
): { start: number; end: number }[] {
  const isAscii = sqlBytes === sql.length
  const bytes = isAscii ? undefined : Buffer.from(sql)
  let seenBytes = 0
  let index = 0
  const indexOf = (byte: number) => {
    index += bytes === undefined ? byte - seenBytes : bytes.toString('utf8', seenBytes, byte).length
    seenBytes = byte
    return index
  }
  return statements.map(({ startByte, lengthBytes }) => ({
    start: indexOf(startByte),
    end: lengthBytes === undefined ? sql.length : indexOf(startByte + lengthBytes),
  }))
}
