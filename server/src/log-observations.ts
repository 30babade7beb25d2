import type { Logger } from 'pino'
import type { Observation } from './observations.ts'

/** Writes what was observed: one line per request, one per event that an operator may look for. */
export function logObservation(logger: Logger, observation: Observation): void {
  const { event, ...facts } = observation
  switch (observation.event) {
    case 'request_completed':
      logger.info({ event, ...facts })
      return
    case 'credential_verified':
    case 'sessions_changed':
      // For metrics only.
      return
    case 'internal_error':
    case 'warehouse_unreachable':
    case 'lease_lost':
      logger.error({ event, ...facts, cause: describeCause(observation.cause) })
      return
    case 'cluster_exited':
    case 'session_terminated':
    case 'role_password_restored':
      logger.warn({ event, ...facts })
      return
    default:
      logger.info({ event, ...facts })
  }
}

/**
 * An error as far as a log may hold it: kinds, codes and places. The text of PostgreSQL's errors can
 * quote a caller's SQL or data, so of those only the SQLSTATE is kept.
 */
function describeCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return typeof cause
  const code = (cause as { code?: unknown }).code
  const sqlstate = (cause as { sqlstate?: unknown }).sqlstate
  const isFromDatabase = sqlstate !== undefined || cause.name === 'error' || 'severity' in cause
  return {
    name: cause.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof sqlstate === 'string' && { sqlstate }),
    ...(!isFromDatabase && { message: cause.message }),
    stack: cause.stack?.split('\n').slice(1).join('\n'),
    ...(cause.cause !== undefined && { cause: describeCause(cause.cause) }),
  }
}
