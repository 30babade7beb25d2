import { holdsKey, type KeyPrincipal, type Principal } from '../../credential/principal.ts'
import { AccessError, type ErrorCode } from '../../errors.ts'
import { bindParameters } from '../../policy/bind-parameters.ts'
import { classifyStatement, type StatementShape } from '../../policy/classify-statement.ts'
import { cutScript } from '../../policy/cut-script.ts'
import { decide } from '../../policy/decide.ts'
import { decideSource, defaultConnection, mayUseApi } from '../../policy/decide-source.ts'
import { readQuery } from '../../policy/read-query.ts'
import { quoteIdentifier } from '../../store/quote-identifier.ts'
import type { Script } from '../../warehouse/run-script.ts'
import type { Lane, SessionKey } from '../../warehouse/sessions.ts'
import { derivedTable } from './derived-table.ts'
import type { Format } from './format.ts'
import { formats } from './formats.ts'
import type { SqlParameters } from './read-parameters.ts'

/** SQL longer than this is refused before it is parsed: the parser runs on the event loop. */
const maxSqlBytes = { master: 1024 * 1024, others: 128 * 1024 }

export type AnswerPlan = {
  /** What will be sent to PostgreSQL. */
  readonly script: Script
  readonly lane: Lane
  /** The role that it runs as, and where. */
  readonly session: SessionKey
  readonly statement: StatementShape
  /** The caller's own text, when it is exactly one SELECT that only reads. */
  readonly select: string | undefined
}

type Admitted = {
  /** What runs: of a query that an access token was granted, the granted text. */
  readonly sql: string
  readonly statement: StatementShape
  readonly session: SessionKey
  readonly readOnly: boolean
}

function admitStatement(principal: Principal, sql: string): Admitted {
  return holdsKey(principal) ? admitOfKey(principal, sql) : admitOfToken(principal, sql)
}

function admitOfKey(principal: KeyPrincipal, sql: string): Admitted {
  const { database, role, kind } = principal
  const statement = classifyStatement(sql, {
    maxBytes: kind === 'master' ? maxSqlBytes.master : maxSqlBytes.others,
  })
  const decision = decide(principal, { surface: 'sql', statement })
  if (!decision.allowed) throw refusal(decision)
  return { sql, statement, session: { database, role }, readOnly: decision.readOnly }
}

/** The classic address reaches the account's own database: the connection `default`. */
function admitOfToken(principal: Principal, sql: string): Admitted {
  const source = readQuery(sql)
  const decision = decideSource(principal, { api: 'sql', connection: defaultConnection, source })
  if (!decision.allowed) throw refusal(decision)
  const { session, statement: granted = sql, readOnly } = decision.access
  // There are no parameters here: a statement that has some must not run as something else.
  const { text } = bindParameters(granted, undefined)
  const { shape: statement } = readQuery(text)
  return { sql: text, statement, session, readOnly }
}

function refusal({ reason, message }: { reason: ErrorCode; message?: string }): AccessError {
  return new AccessError(reason, { ...(message !== undefined && { message }) })
}

/** Throws api_not_allowed unless the principal may use the SQL API at all. */
export function mustUseSql(principal: Principal): void {
  if (!mayUseApi(principal, 'sql')) throw new AccessError('api_not_allowed')
}

/**
 * Reads the statement, decides on it and dresses it for its page, order and format. Throws what the
 * decision says, or invalid_parameter when the format cannot be made of the statement.
 */
export function planAnswer(principal: Principal, parameters: SqlParameters): AnswerPlan {
  const { sql, statement, session, readOnly } = admitStatement(principal, parameters.sql)
  const select = selectOf(sql, statement)
  const dressed = textFor(parameters, select)
  const script =
    dressed === undefined
      ? cutScript(sql, statement.understood ? statement.statements : [])
      : [{ text: dressed, controlsTransaction: false }]
  return { script, lane: readOnly ? 'reader' : 'caller', session, statement, select }
}

function selectOf(sql: string, shape: StatementShape): string | undefined {
  if (!shape.understood || shape.statements.length !== 1) return undefined
  const [only] = shape.statements
  if (only?.kind !== 'select' || !only.reads) return undefined
  return sql.slice(only.range.start, only.range.end)
}

/**
 * A select around the caller's own where something was asked for that needs one; undefined: the
 * caller's text is sent as it is. It was parsed alone and is exactly one SELECT, so it cannot close
 * the parenthesis it is put into.
 */
function textFor(parameters: SqlParameters, select: string | undefined): string | undefined {
  const format: Format = formats[parameters.format]
  if (select === undefined) {
    if (parameters.format === 'json') return undefined
    throw new AccessError('invalid_parameter', {
      message: `format=${parameters.format} needs a single SELECT that only reads.`,
    })
  }
  const paged = pagedText(parameters, select)
  return format.select !== undefined ? format.select(paged ?? select, parameters) : paged
}

function pagedText({ page, order }: SqlParameters, select: string): string | undefined {
  if (page === undefined && order === undefined) return undefined
  const clauses = [`select * from ${derivedTable(select)}`]
  if (order !== undefined) {
    clauses.push(`order by ${quoteIdentifier(order.column)} ${order.direction ?? ''}`)
  }
  if (page !== undefined) clauses.push(`limit ${page.rows} offset ${page.number * page.rows}`)
  return clauses.join('\n')
}
