import { AccessError } from '../errors.ts'
import { hasLongOperatorRun } from '../policy/has-long-operator-run.ts'
import {
  type ParsedStatement,
  parseStatements,
  StatementSyntaxError,
  type SyntaxNode,
} from '../policy/statement-parser.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { Column } from './column.ts'
import { columnNotFound, invalidParameter } from './invalid-parameter.ts'
import { nodeWords } from './node-words.ts'
import { openNode, printExpression } from './print-expression.ts'

/**
 * What a caller may write on top of a source. `expression`: one, without a name. `aggregations`: a
 * list, each with a name (`sum(a) as x, count(*) as n`).
 */
export type FragmentKind = 'expression' | 'aggregations'

export type Fragment = {
  /** Ours, printed anew. Columns are qualified by `sourceAlias`. */
  readonly sql: string
  /** Of each of `aggregations`. */
  readonly alias?: string
  /** The columns of the source that it reads, each once. */
  readonly columns: readonly string[]
}

const maxFragmentLength = 10_000
const maxAggregations = 100
/** What is printed can be much longer than what was read, and PostgreSQL has to plan it. */
const maxPrintedLength = 100_000
const select = 'SELECT '
/** What `SELECT expressions` has in the syntax tree. */
const membersOfSelect = new Set(['targetList', 'limitOption', 'op'])

/**
 * Reads SQL that a caller puts on top of a source it was granted, and prints it anew from its
 * syntax tree: see `printExpression` for what may stand in it. Throws invalid_parameter, naming
 * `parameter` and what is not allowed, and column_not_found. The parser must be loaded.
 */
export function parseFragment(
  text: string,
  options: {
    readonly kind: FragmentKind
    readonly parameter: string
    readonly columns: readonly Column[]
    /** The schema that PostGIS is installed in. */
    readonly postgisSchema: string
  },
): Fragment[] {
  const { kind, parameter, columns, postgisSchema } = options
  const refuse = (what: string): never => {
    throw invalidParameter(parameter, `${what} is not allowed in it`)
  }
  const targets = readTargets(text, parameter, refuse)
  if (kind === 'expression' && targets.length !== 1) refuse('a list')
  if (targets.length > maxAggregations) refuse(`a list of more than ${maxAggregations}`)
  const names = new Set(columns.map((column) => column.name))
  const aliases = new Set<string>()
  let printedLength = 0
  return targets.map((target) => {
    const { name: alias } = target
    if (kind === 'expression' && alias !== undefined) refuse('a name (AS)')
    const used = new Set<string>()
    const sql = printExpression(target.val, {
      hasColumn(name) {
        used.add(name)
        return names.has(name)
      },
      postgisSchema,
      refuse,
      refuseColumn: (name) => {
        throw columnNotFound(name)
      },
    })
    printedLength += sql.length
    if (printedLength > maxPrintedLength) refuse('a list of expressions that long')
    if (kind === 'expression') return { sql, columns: [...used] }
    if (typeof alias !== 'string' || !isStorableText(alias)) {
      throw invalidParameter(parameter, 'each part needs a name: sum(population) as total')
    }
    if (aliases.has(alias)) throw invalidParameter(parameter, `the name "${alias}" stands twice`)
    aliases.add(alias)
    return { sql, alias, columns: [...used] }
  })
}

function readTargets(
  text: string,
  parameter: string,
  refuse: (what: string) => never,
): SyntaxNode[] {
  if (text.length > maxFragmentLength) {
    throw invalidParameter(parameter, `it is longer than ${maxFragmentLength} characters`)
  }
  if (!isStorableText(text)) refuse('a character that PostgreSQL cannot store')
  if (hasLongOperatorRun(text)) refuse('a long run of operator characters')
  const [statement, ...more] = parse(text, parameter)
  if (statement === undefined || more.length > 0) return refuse('more than one statement')
  if (statement.node !== 'SelectStmt') return refuse('another statement')
  for (const member in statement.body) {
    if (!membersOfSelect.has(member)) refuse(nodeWords(member))
  }
  const { targetList, op } = statement.body
  if (op !== 'SETOP_NONE') refuse('UNION, INTERSECT or EXCEPT')
  if (!Array.isArray(targetList)) throw invalidParameter(parameter, 'it is empty')
  return targetList.map((node) => {
    const [name, target] = openNode(node)
    if (name !== 'ResTarget' || target.indirection !== undefined) refuse(nodeWords(name))
    return target
  })
}

function parse(text: string, parameter: string): ParsedStatement[] {
  try {
    return parseStatements(`${select}${text}`)
  } catch (error) {
    if (error instanceof AccessError) throw error
    if (!(error instanceof StatementSyntaxError)) {
      throw invalidParameter(parameter, 'it could not be parsed', error)
    }
    throw invalidParameter(parameter, error.message)
  }
}
