import type { FastifyRequest } from 'fastify'
import { openPreview } from '../../commands/open-preview.ts'
import { AccessError } from '../../errors.ts'
import { openPreviewTable, type PreviewTable } from '../../previews/open-preview-table.ts'
import type { Session } from '../../warehouse/session.ts'
import { WarehouseError } from '../../warehouse/warehouse-error.ts'
import { getAdmission } from '../admit.ts'
import { getManager } from '../manage.ts'
import type { SurfaceContext } from '../surface.ts'

type Look = <T>(
  request: FastifyRequest,
  named: { readonly connection: string; readonly table: string },
  work: (session: Session, table: PreviewTable) => Promise<T>,
) => Promise<T>

/**
 * Looks at a table for a user, in a session that is READ ONLY and runs our own SQL alone. Not for
 * OAuth: an application reads data with a credential that was granted that data.
 */
export function createPreviewer({ commands, previews, limits }: SurfaceContext): Look {
  return async (request, named, work) => {
    const manager = getManager(request, 'read:data')
    if (manager.via === 'oauth') {
      throw new AccessError('preview_refused', {
        message: 'Applications read data with an API key or an access token of their own.',
      })
    }
    const { connection, table: name } = named
    const { key, table } = await openPreview(commands, manager, connection, name)
    const { signal } = getAdmission(request).inFlight
    const options = { key, lane: 'preview', deadlineMs: limits.statementTimeoutMs, signal } as const
    try {
      return await previews.run(options, async (session) =>
        work(session, await openPreviewTable(session, table)),
      )
    } catch (error) {
      if (error instanceof WarehouseError) throw refusal(error)
      // The role may not log in. That is not the user, who would be taken for signed out.
      const isLogIn = error instanceof AccessError && error.code === 'credential_revoked'
      if (!isLogIn || signal.aborted) throw error
      throw new AccessError(key.server === undefined ? 'warehouse_unavailable' : 'server_refused', {
        cause: error,
      })
    }
  }
}

/** What PostgreSQL says to our own SQL is about the account's own tables, which the user may see. */
function refusal(error: WarehouseError): AccessError {
  return new AccessError('sql_error', {
    message: error.notice.message.slice(0, 1_000),
    cause: error,
  })
}
