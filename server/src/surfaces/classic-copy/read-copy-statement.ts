import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { classifyStatement } from '../../policy/classify-statement.ts'
import { decide } from '../../policy/decide.ts'
import { writtenTables } from '../../policy/written-tables.ts'
import type { WrittenRelations } from '../../warehouse/run-statement.ts'
import type { Lane } from '../../warehouse/sessions.ts'

/** A column list may be long, but the statement has to fit into an address. */
const maxSqlBytes = 128 * 1024

/** The COPY that is asked for, and how it is to run. */
export type CopyStatement = {
  readonly text: string
  readonly lane: Lane
  /** What it may have written to; see RunOptions. */
  readonly writes: WrittenRelations
  /**
   * It has no more time than any other statement. A table ends by itself; what a query computes need
   * not, and who sends one without a key can be told from nobody and taken nothing from.
   */
  readonly isBrief: boolean
}

/** Throws what keeps the principal from this copy, the contract's own sentences first. */
export function readCopyStatement(
  principal: Principal,
  direction: 'from' | 'to',
  q: unknown,
): CopyStatement {
  const api = decide(principal, { surface: 'sql', statement: undefined })
  if (!api.allowed) throw new AccessError(api.reason)
  if (typeof q !== 'string' || q === '') {
    throw new AccessError('missing_sql', { message: 'SQL is missing' })
  }
  if (!/^\s*copy\s/i.test(q)) {
    throw new AccessError('invalid_parameter', { message: 'SQL must start with COPY' })
  }
  const statement = classifyStatement(q, { maxBytes: maxSqlBytes })
  const decision = decide(principal, { surface: 'copy', direction, statement })
  if (!decision.allowed) {
    throw new AccessError(decision.reason, {
      ...(decision.message !== undefined && { message: decision.message }),
    })
  }
  const isOfQuery =
    !statement.understood || statement.statements.some(({ copy }) => copy?.isOfQuery ?? true)
  return {
    text: q,
    lane: decision.readOnly ? 'reader' : 'caller',
    writes: direction === 'to' ? [] : writtenTables(statement),
    isBrief: principal.kind === 'default' && isOfQuery,
  }
}
