import type { FastifyReply } from 'fastify'
import type { Allowance } from '../limits/buckets.ts'

/**
 * Writes what is left of an allowance into the headers that clients of the classic platform read.
 * `Retry-After` only when there is nothing left: it is what makes them look at the others.
 */
export function tellAllowance(reply: FastifyReply, allowance: Allowance | undefined): void {
  if (allowance === undefined) return
  reply.header('carto-rate-limit-limit', allowance.limit)
  reply.header('carto-rate-limit-remaining', allowance.remaining)
  reply.header('carto-rate-limit-reset', allowance.resetSeconds)
  if (!allowance.isAllowed) reply.header('retry-after', allowance.retryAfterSeconds)
}
