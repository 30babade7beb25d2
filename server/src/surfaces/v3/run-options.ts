import type { Admission } from '../../credential/authenticate.ts'
import type { RunOptions } from '../../warehouse/run-statement.ts'
import type { SurfaceLimits } from '../surface.ts'

/**
 * How long something may run under v3, and what ends it: a minute for access tokens, as for the
 * master key; for other keys what they have everywhere.
 */
export function runOptionsFor(
  limits: Pick<SurfaceLimits, 'statementTimeoutMs' | 'masterStatementTimeoutMs'>,
  { principal, inFlight }: Admission,
  key: RunOptions['key'],
): Omit<RunOptions, 'lane'> {
  const isShort = principal.kind === 'default' || principal.kind === 'regular'
  return {
    key,
    deadlineMs: isShort ? limits.statementTimeoutMs : limits.masterStatementTimeoutMs,
    signal: inFlight.signal,
  }
}
