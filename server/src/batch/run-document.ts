import { fillPlaceholders } from './fill-placeholders.ts'
import type { JobDocument, JobQuery, JobState, JobStatus } from './job-document.ts'

/** What running a job needs from the world. */
export type JobSteps = {
  /** Runs one text to its end. Throws an Error whose message is the reason that is shown. */
  execute(query: QueryToRun): Promise<void>
  /** Keeps the document as it is now. Throws when the job is no longer this process's to run. */
  save(document: JobDocument): Promise<void>
  /** What ended the job from outside, once something has: nothing more of it is run then. */
  ended(): { readonly state: 'failed' | 'cancelled'; readonly reason?: string } | undefined
  readonly now: () => Date
}

/** A text with its parameters and its own deadline, where it has some. */
export type QueryToRun = Pick<JobQuery, 'sql' | 'queryParameters' | 'timeoutMs'>

export type JobEnd = {
  readonly state: Extract<JobState, 'done' | 'failed' | 'cancelled'>
  /** For the caller to settle where the job was ended from outside. */
  readonly document: JobDocument
}

/**
 * Runs the queries of a job one after the other, each saved as running before it is sent. The first
 * that fails is the last that runs. After each query its own fallback, after all of them that of the
 * job; a fallback that fails is noted and changes nothing else.
 */
export async function runDocument(
  start: JobDocument,
  jobId: string,
  steps: JobSteps,
): Promise<JobEnd> {
  let document = start
  let failedReason: string | undefined

  const save = async (next: JobDocument) => {
    document = next
    await steps.save(document)
  }
  const saveQuery = (index: number, change: Partial<JobQuery>) =>
    save({
      ...document,
      queries: document.queries.map((query, at) =>
        at === index ? { ...query, ...change } : query,
      ),
    })
  const time = () => steps.now().toISOString()
  const ending = (): JobEnd | undefined => {
    const end = steps.ended()
    return end && { state: end.state, document }
  }

  for (const [index, query] of start.queries.entries()) {
    await saveQuery(index, { status: 'running', startedAt: time() })
    const failure = await attempt(() => steps.execute(query))
    const end = ending()
    if (end !== undefined) return end
    const endedAt = time()
    if (failure === undefined) await saveQuery(index, { status: 'done', endedAt })
    else await saveQuery(index, { status: 'failed', endedAt, failedReason: failure })

    const fallback = await runFallback(query, failure, (fallbackStatus, reason) =>
      saveQuery(index, {
        fallbackStatus,
        ...(reason !== undefined && failure === undefined && { failedReason: reason }),
      }),
    )
    if (fallback !== undefined) return fallback
    if (failure !== undefined) {
      failedReason = failure
      await save({ ...skipRest(document, index), failedReason })
      break
    }
  }
  const fallback = await runFallback(start, failedReason, (fallbackStatus, reason) =>
    save({
      ...document,
      fallbackStatus,
      ...(reason !== undefined && failedReason === undefined && { failedReason: reason }),
    }),
  )
  return fallback ?? { state: failedReason === undefined ? 'done' : 'failed', document }

  /** Runs the one of both fallbacks that applies, and says how the job ended if it did meanwhile. */
  async function runFallback(
    { onsuccess, onerror }: { readonly onsuccess?: string; readonly onerror?: string },
    failure: string | undefined,
    keep: (status: JobStatus, reason?: string) => Promise<void>,
  ): Promise<JobEnd | undefined> {
    if (onsuccess === undefined && onerror === undefined) return undefined
    const sql = failure === undefined ? onsuccess : onerror
    if (sql === undefined) {
      await keep('skipped')
      return undefined
    }
    await keep('running')
    const values = { job_id: jobId, error_message: failure ?? '' }
    const fallbackFailure = await attempt(() =>
      steps.execute({ sql: fillPlaceholders(sql, values) }),
    )
    const end = ending()
    if (end !== undefined) return end
    if (fallbackFailure === undefined) await keep('done')
    else await keep('failed', fallbackFailure)
    return undefined
  }
}

/** The reason why `work` failed; undefined when it did not. */
async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function skipRest(document: JobDocument, failedAt: number): JobDocument {
  return {
    ...document,
    queries: document.queries.map((query, index) =>
      index <= failedAt
        ? query
        : {
            ...query,
            status: 'skipped',
            ...(query.fallbackStatus !== undefined && { fallbackStatus: 'skipped' }),
          },
    ),
  }
}
