import { inTransaction } from '../store/database.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'

/**
 * Ends one database session that did not stop when it was asked to. Does nothing when the process
 * number belongs to another role's session by now. Waits up to `waitMs` for it to be gone.
 */
export async function terminateSession(
  admin: Admin,
  processId: number,
  role: string,
  waitMs = 0,
): Promise<void> {
  await inTransaction(admin.cluster, (client) =>
    actingFor(admin, client, [role], () =>
      client.query(
        `select pg_catalog.pg_terminate_backend(pid, $3::bigint)
         from pg_catalog.pg_stat_activity where pid = $1::integer and usename = $2::name`,
        [processId, role, waitMs],
      ),
    ),
  )
}
