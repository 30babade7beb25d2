import type { Admission } from '../credential/authenticate.ts'
import { AccessError } from '../errors.ts'
import type { SourceAccess } from '../policy/decide-source.ts'
import type { RunOptions } from '../warehouse/run-statement.ts'
import type { Session } from '../warehouse/session.ts'
import { WarehouseError } from '../warehouse/warehouse-error.ts'
import type { SurfaceContext } from './surface.ts'

/**
 * Runs `work` in a session of the role that opens the source. A grant of everything covers what was
 * made a moment ago, and its role may have to catch up: then, when PostgreSQL refuses, it is done once
 * more, so `work` must have sent nothing before it fails. Throws what Warehouse.run throws.
 */
export async function runSource<T>(
  context: Pick<SurfaceContext, 'warehouse' | 'refreshTokenPatterns'>,
  { principal, inFlight }: Admission,
  access: SourceAccess,
  options: Pick<RunOptions, 'lane' | 'deadlineMs' | 'writes'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { session: key } = access
  const attempt = () => context.warehouse.run({ key, signal: inFlight.signal, ...options }, work)
  try {
    return await attempt()
  } catch (error) {
    if (principal.kind !== 'token' || !isRefusal(error)) throw error
    if (!(await context.refreshTokenPatterns(principal, key.role))) throw error
    return attempt()
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof WarehouseError) return error.sqlstate === '42501'
  return error instanceof AccessError && error.code === 'source_not_granted'
}
