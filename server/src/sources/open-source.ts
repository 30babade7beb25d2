import { AccessError } from '../errors.ts'
import { bindParameters } from '../policy/bind-parameters.ts'
import type { QuerySource, SourceAccess, TableSource } from '../policy/decide-source.ts'
import { readQuery } from '../policy/read-query.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Session } from '../warehouse/session.ts'
import { type Description, describeResult, describeTable } from './describe-columns.ts'

/** What models, statistics and maps read from. */
export type Source = Description & {
  /** SQL that stands behind FROM, in front of `as source`: a table, or a query in parentheses. */
  readonly from: string
  /** What `$1` to `$n` of it stand for. */
  readonly values: readonly (string | null)[]
}

/** Where a table stands when its name says no schema. */
const defaultSchema = 'public'

/**
 * Opens what a request was allowed to read, on a session that logged in as `access.session`: looks
 * up the columns that this role may read. Of a query the statement of `access` runs, with the
 * request's parameters bound. Throws source_not_granted when there is no such table for the role,
 * statement_not_allowed when the statement is not one SELECT, invalid_parameter when the parameters
 * do not fit, and WarehouseError.
 */
export async function openSource(
  session: Session,
  access: SourceAccess,
  request: TableSource | QuerySource,
  queryParameters: unknown,
): Promise<Source> {
  if (request.kind === 'query') return openQuery(session, access, queryParameters)
  const { schema = defaultSchema, name } = request.relation
  const described = await describeTable(session, { schema, name })
  if (described === undefined) throw new AccessError('source_not_granted')
  return {
    from: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    values: [],
    ...described,
  }
}

async function openQuery(
  session: Session,
  { statement }: SourceAccess,
  queryParameters: unknown,
): Promise<Source> {
  if (statement === undefined) throw new Error('A query was allowed without a statement.')
  const { text, values } = bindParameters(statement, queryParameters)
  // A comment without an end of line would take the parenthesis with it.
  const from = `(${readSelect(text)}\n)`
  const described = await describeResult(session, from, values)
  return { from, values, ...described }
}

/**
 * The text of the one SELECT that a statement is, without what stands behind it. Only what the
 * grammar has read as a whole can be put into parentheses: nothing of it can end them.
 */
function readSelect(statement: string): string {
  const { shape } = readQuery(statement)
  if (!shape.understood) throw new AccessError(shape.reason, { message: shape.message })
  const [only, second] = shape.statements
  if (only === undefined) throw new AccessError('missing_sql')
  if (second !== undefined || only.kind !== 'select' || !only.reads) {
    throw new AccessError('statement_not_allowed', {
      message: 'A source is exactly one SELECT that only reads.',
    })
  }
  return statement.slice(only.range.start, only.range.end)
}
