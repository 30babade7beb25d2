import type { Receipt } from './revoke.ts'

/** A receipt as the value of the `Postern-Receipt` header: `name=value` pairs. */
export function formatReceipt(receipt: Receipt): string {
  return [
    `epoch=${receipt.epoch}`,
    `nodes=${receipt.nodes}`,
    `responses-aborted=${receipt.responsesAborted}`,
    `sessions-ended=${receipt.sessionsEnded}`,
  ].join(', ')
}
