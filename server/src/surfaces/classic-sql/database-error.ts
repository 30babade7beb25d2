import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'

const maxMessageLength = 4_000

/**
 * What PostgreSQL refused, as an answer. 42501 is the database saying that the role may not: 403
 * with its own sentence, except for ownership, which the contract answers with 400. Details and
 * hints can quote rows, so only the owner of the data sees them.
 */
export function databaseError(error: unknown, principal: Principal): unknown {
  if (!(error instanceof WarehouseError)) return error
  const { detail, hint } = error.notice
  // A message can quote a value, and a value can be as long as the caller likes.
  const message = error.notice.message.slice(0, maxMessageLength)
  const isDenied = error.sqlstate === '42501' && message.includes('permission denied')
  return new AccessError(isDenied ? 'permission_denied' : 'sql_error', {
    message,
    cause: error,
    facts: principal.kind === 'master' ? { detail, hint } : {},
  })
}
