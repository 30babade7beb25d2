import { AccessError } from '../errors.ts'
import { WarehouseError } from '../warehouse/warehouse-error.ts'

/** A message can quote a value, and a value can be as long as the caller likes. */
const maxReasonLength = 2_000

/** Why a job ended whose end its own document does not tell. */
export const endReasons = {
  node_lost:
    'The server that ran the job has gone. What was running may or may not have taken effect; it is not run again.',
  credential_ended: 'The credential that made the job has ended.',
} as const

/** Why a text of SQL failed, for whoever made the job. */
export function reasonOf(error: unknown): string {
  if (error instanceof WarehouseError) return error.message.slice(0, maxReasonLength)
  if (!(error instanceof AccessError)) return 'Something went wrong on our side.'
  switch (error.code) {
    case 'statement_timed_out':
      return 'canceling statement due to statement timeout'
    case 'credential_revoked':
      return endReasons.credential_ended
    case 'shutting_down':
      return 'The server was stopped while the job ran.'
    case 'store_unavailable':
      return 'The server lost sight of its control database while the job ran.'
    case 'warehouse_unavailable':
      return 'The connection to the database was lost while the query ran.'
    default:
      return error.message.slice(0, maxReasonLength)
  }
}

/** True of a failure that nothing of the caller's explains. */
export function isOurs(error: unknown): boolean {
  return !(error instanceof WarehouseError || error instanceof AccessError)
}
