import type { Logger } from 'pino'
import { AccessError } from './errors.ts'
import type { Observation } from './observations.ts'

/** Writes what was observed: one line per request, one per event that an operator may look for. */
export function logObservation(logger: Logger, observation: Observation): void {
  switch (observation.event) {
    case 'credential_verified':
      // For metrics only.
      return
    case 'internal_error':
    case 'warehouse_unreachable':
    case 'lease_lost':
    case 'usage_not_written':
    case 'audit_not_forgotten':
    case 'batch_trouble':
      logger.error({ ...observation, cause: describeCause(observation.cause) })
      return
    case 'cluster_exited':
    case 'usage_lost':
    case 'session_terminated':
    case 'role_password_restored':
      logger.warn(observation)
      return
    default:
      logger.info(observation)
  }
}

/** A cause has a cause has a cause: so many of them are told. */
const maxCauses = 5

/**
 * An error as far as a log may hold it: kinds, codes and places. The text of PostgreSQL's errors can
 * quote a caller's SQL or data, and a parser's the text it was given, so of those only the code is
 * kept; so is only the code of an AccessError, whose sentence may be theirs.
 */
function describeCause(cause: unknown, depth = 1): unknown {
  if (!(cause instanceof Error)) return typeof cause
  const code = (cause as { code?: unknown }).code
  const sqlstate = (cause as { sqlstate?: unknown }).sqlstate
  const isFromDatabase = sqlstate !== undefined || cause.name === 'error' || 'severity' in cause
  const mayQuote = isFromDatabase || cause instanceof AccessError || cause instanceof SyntaxError
  return {
    name: cause.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof sqlstate === 'string' && { sqlstate }),
    ...(!mayQuote && { message: cause.message }),
    stack: placesOf(cause),
    ...(cause.cause !== undefined &&
      depth < maxCauses && { cause: describeCause(cause.cause, depth + 1) }),
  }
}

/** The places of a stack. The message stands in front of them, and can have several lines. */
function placesOf({ stack = '', message }: Error): string {
  const end = stack.indexOf(message)
  if (end < 0) return ''
  const lines = stack.slice(end + message.length).split('\n')
  return lines.filter((line) => /^ +at /.test(line)).join('\n')
}
