import type { JobDocument, JobQuery } from '../../batch/job-document.ts'
import type { BatchJobView } from '../../commands/view-batch-job.ts'

/** A job in the words of the classic Batch API. */
export function presentJob(view: BatchJobView): Record<string, unknown> {
  const { document } = view
  return {
    user: view.accountName,
    query: presentQueries(document),
    job_id: view.id,
    created_at: view.createdAt.toISOString(),
    updated_at: view.updatedAt.toISOString(),
    status: view.status,
    ...(document.fallbackStatus !== undefined && { fallback_status: document.fallbackStatus }),
    ...(document.failedReason !== undefined && { failed_reason: document.failedReason }),
  }
}

function presentQueries({ form, queries, onsuccess, onerror }: JobDocument): unknown {
  switch (form) {
    case 'simple':
      return queries[0]?.sql
    case 'multiple':
      return queries.map(presentQuery)
    case 'fallback':
      return {
        query: queries.map(presentQuery),
        ...(onsuccess !== undefined && { onsuccess }),
        ...(onerror !== undefined && { onerror }),
      }
  }
}

function presentQuery(query: JobQuery): Record<string, unknown> {
  const { onsuccess, onerror, timeoutMs, fallbackStatus, startedAt, endedAt, failedReason } = query
  return {
    query: query.sql,
    ...(onsuccess !== undefined && { onsuccess }),
    ...(onerror !== undefined && { onerror }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    status: query.status,
    ...(fallbackStatus !== undefined && { fallback_status: fallbackStatus }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(endedAt !== undefined && { ended_at: endedAt }),
    ...(failedReason !== undefined && { failed_reason: failedReason }),
  }
}
