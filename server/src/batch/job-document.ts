/** What a job, a query or a fallback can be. `unknown` is in the contract; nothing here is ever that. */
export type JobStatus = 'pending' | 'running' | 'done' | 'failed' | 'cancelled' | 'skipped'

/** What a whole job can be. */
export type JobState = Exclude<JobStatus, 'skipped'>

/** One query of a job, and what became of it. Times are ISO 8601. */
export type JobQuery = {
  readonly sql: string
  /** What its parameters are bound to; absent where it can have none, as in the classic API. */
  readonly queryParameters?: unknown
  readonly onsuccess?: string
  readonly onerror?: string
  readonly timeoutMs?: number
  readonly status: JobStatus
  /** Only where there is a fallback. */
  readonly fallbackStatus?: JobStatus
  readonly startedAt?: string
  readonly endedAt?: string
  readonly failedReason?: string
}

/** Everything of a job that is its maker's: what to run, and what came of each part. */
export type JobDocument = {
  /** How it was sent, and is shown again: a text, a list of texts, queries with fallbacks. */
  readonly form: 'simple' | 'multiple' | 'fallback'
  /** Where it runs; absent: on the account's own database. */
  readonly connection?: string
  readonly queries: readonly JobQuery[]
  readonly onsuccess?: string
  readonly onerror?: string
  /** Only where the job as a whole has a fallback. */
  readonly fallbackStatus?: JobStatus
  readonly failedReason?: string
}

const unfinished: readonly (JobStatus | undefined)[] = ['pending', 'running']

/**
 * The document of a job that ended from outside: what ran has ended like the job, what had not begun
 * is skipped. Of a job that never began, the first query stands for the job.
 */
export function settleDocument(
  document: JobDocument,
  ending: { readonly state: 'failed' | 'cancelled'; readonly reason?: string | undefined },
): JobDocument {
  const isRunning = ({ status, fallbackStatus }: JobQuery) =>
    status === 'running' || fallbackStatus === 'running'
  const runningAt = document.queries.findIndex(isRunning)
  const met =
    runningAt >= 0 || document.fallbackStatus === 'running'
      ? runningAt
      : document.queries.findIndex(({ status }) => status === 'pending')
  const settle = (status: JobStatus, isMet: boolean): JobStatus => {
    if (!unfinished.includes(status)) return status
    return isMet ? ending.state : 'skipped'
  }
  const reason = ending.reason === undefined ? {} : { failedReason: ending.reason }
  return {
    ...document,
    ...(document.failedReason === undefined && reason),
    queries: document.queries.map((query, index) => {
      const isMet = index === met
      return {
        ...query,
        status: settle(query.status, isMet),
        ...(query.fallbackStatus !== undefined && {
          fallbackStatus: settle(query.fallbackStatus, query.fallbackStatus === 'running'),
        }),
        ...(isMet && query.failedReason === undefined && reason),
      }
    }),
    ...(document.fallbackStatus !== undefined && {
      fallbackStatus: settle(document.fallbackStatus, document.fallbackStatus === 'running'),
    }),
  }
}
