import type { FastifyRequest } from 'fastify'
import { findNamedQuery } from '../../commands/find-named-query.ts'
import { AccessError } from '../../errors.ts'
import {
  decideSource,
  type QuerySource,
  type SourceRequest,
  type TableSource,
} from '../../policy/decide-source.ts'
import { openSource, type Source } from '../../sources/open-source.ts'
import type { Session } from '../../warehouse/session.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import { getAdmission } from '../admit.ts'
import { databaseError } from '../classic-sql/database-error.ts'
import { runSource } from '../run-source.ts'
import type { SurfaceContext } from '../surface.ts'

/** A source that was decided on and opened, and the types that its rows can have. */
export type OpenedSource = { readonly source: Source; readonly types: TypeCatalogue }

/**
 * Decides whether the principal may read a source and, if so, opens it in a session that only reads
 * and that logged in as the role which the decision names, and runs `work` there. Throws what the
 * decision says, and AccessErrors for what PostgreSQL refuses.
 */
export async function readSource<T>(
  context: SurfaceContext,
  request: FastifyRequest,
  wanted: Pick<SourceRequest, 'api'> & {
    readonly source: TableSource | QuerySource
    readonly queryParameters: unknown
  },
  work: (session: Session, opened: OpenedSource) => Promise<T>,
): Promise<T> {
  const admission = getAdmission(request)
  const { principal } = admission
  const { connection } = request.params as { connection: string }
  const { api, queryParameters } = wanted
  const source = await findNamedQuery(context.commands, principal, connection, wanted.source)
  const decision = decideSource(principal, { api, connection, source })
  if (!decision.allowed) {
    const { reason, message } = decision
    throw new AccessError(reason, message === undefined ? {} : { message })
  }
  const { access } = decision
  try {
    return await runSource(
      context,
      admission,
      access,
      { lane: 'reader', deadlineMs: context.limits.statementTimeoutMs },
      async (session) => {
        const opened = await openSource(session, access, source, queryParameters)
        const known = context.types.find(access.session)
        const isKnown = opened.columns.every(({ typeOid }) => known?.has(typeOid))
        const types =
          known !== undefined && isKnown ? known : await context.types.read(access.session, session)
        return work(session, { source: opened, types })
      },
    )
  } catch (error) {
    const isOwner = principal.kind === 'master'
    if (isOwner && error instanceof AccessError && error.code === 'source_not_granted') {
      // Absent or not granted: only the owner is told which.
      throw new AccessError('table_not_found')
    }
    throw databaseError(error, principal)
  }
}
