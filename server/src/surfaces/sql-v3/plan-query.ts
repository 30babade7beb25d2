import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { bindParameters } from '../../policy/bind-parameters.ts'
import { cutScript } from '../../policy/cut-script.ts'
import { decideSource, type SourceAccess } from '../../policy/decide-source.ts'
import { readQuery } from '../../policy/read-query.ts'
import { writtenTables } from '../../policy/written-tables.ts'
import type { Script } from '../../warehouse/run-script.ts'
import type { RunOptions } from '../../warehouse/run-statement.ts'

/** What a request of the v3 SQL API asks for. */
export type QueryRequest = {
  /** The connection that the address names. */
  readonly connection: string
  readonly q: string
  readonly queryParameters: unknown
}

export type QueryPlan = {
  readonly session: SourceAccess['session']
  readonly lane: 'reader' | 'caller'
  /** What will be sent to PostgreSQL. */
  readonly script: Script
  /** True when nothing in it writes by its shape. */
  readonly reads: boolean
  readonly writes: RunOptions['writes']
}

/**
 * Decides on a statement and binds its parameters. What runs is what was allowed: of a granted query
 * that is the granted text. Throws what the decision says, and invalid_parameter.
 */
export function planQuery(principal: Principal, request: QueryRequest): QueryPlan {
  const { connection, q, queryParameters } = request
  const source = readQuery(q)
  const decision = decideSource(principal, { api: 'sql', connection, source })
  if (!decision.allowed) {
    throw new AccessError(decision.reason, {
      ...(decision.message !== undefined && { message: decision.message }),
    })
  }
  const { session, readOnly, statement = '' } = decision.access
  const { text, values } = bindParameters(statement, queryParameters)
  const { shape } = readQuery(statement)
  // Of an allowed statement it always is.
  const statements = shape.understood ? shape.statements : []
  return {
    session,
    lane: readOnly ? 'reader' : 'caller',
    script: cutScript(text, statements, values),
    reads: statements.every(({ reads }) => reads),
    writes: writtenTables(shape),
  }
}
