import type { JobDocument } from '../../batch/job-document.ts'
import type { BatchJobView } from '../../commands/view-batch-job.ts'
import { defaultConnection } from '../../policy/decide-source.ts'

/** In the words of the v3 API. */
const statuses = {
  pending: 'pending',
  running: 'running',
  done: 'success',
  failed: 'failure',
  cancelled: 'cancelled',
} as const

/** A job in the words of the v3 API; one of several texts shows them as one. */
export function presentJob(view: BatchJobView): Record<string, unknown> {
  const { document } = view
  const { queries } = document
  const startedAt = queries.find((query) => query.startedAt !== undefined)?.startedAt
  const hasEnded = view.status !== 'pending' && view.status !== 'running'
  return {
    jobId: view.id,
    status: statuses[view.status],
    connection: document.connection ?? defaultConnection,
    query: queries.map(({ sql }) => sql).join(';\n'),
    queryParameters: queries[0]?.queryParameters ?? null,
    createdAt: view.createdAt.toISOString(),
    updatedAt: view.updatedAt.toISOString(),
    startedAt: startedAt ?? null,
    endedAt: hasEnded ? view.updatedAt.toISOString() : null,
    error: errorOf(document) ?? null,
  }
}

function errorOf({ failedReason, queries }: JobDocument): string | undefined {
  return failedReason ?? queries.find((query) => query.failedReason !== undefined)?.failedReason
}
