import type { FastifyReply } from 'fastify'
import type { Blocked } from '../../commands/sign-in-attempts.ts'
import { AccessError } from '../../errors.ts'

/**
 * What came of an attempt to prove who somebody is. Throws sign_in_blocked, with the header that says
 * when to come again, where none could be made.
 */
export function outcomeOf<T extends object>(
  reply: FastifyReply,
  now: Date,
  outcome: T,
): Exclude<T, Blocked> {
  if (!isBlocked(outcome)) return outcome as Exclude<T, Blocked>
  const waitMs = outcome.blockedUntil.getTime() - now.getTime()
  reply.header('retry-after', Math.max(1, Math.ceil(waitMs / 1_000)))
  throw new AccessError('sign_in_blocked')
}

/** A member of a body that must be there. Throws invalid_parameter. */
export function mustBeText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AccessError('invalid_parameter', { message: `${name} is needed, as a text.` })
}

function isBlocked(outcome: object): outcome is Blocked {
  return 'blockedUntil' in outcome
}
