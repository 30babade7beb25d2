import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { JobDocument, JobQuery } from './job-document.ts'

/**
 * Reads the `query` of a request as the classic Batch API has it: a text, a list of texts, or
 * `{"query":[{"query","onsuccess","onerror","timeout"}],"onsuccess","onerror"}`. Members that are not
 * named here are dropped. Whether the texts are SQL turns out when they run.
 * Throws batch_sql_invalid.
 */
export function parseJob(value: unknown): JobDocument {
  if (typeof value === 'string') return { form: 'simple', queries: [queryOf(value)] }
  if (Array.isArray(value)) return { form: 'multiple', queries: mustHaveOne(value).map(queryOf) }
  if (!isObject(value) || !Array.isArray(value.query)) throw new AccessError('batch_sql_invalid')
  return {
    form: 'fallback',
    queries: mustHaveOne(value.query).map(queryWithFallbacks),
    ...fallbacksOf(value),
  }
}

function queryOf(sql: unknown): JobQuery {
  return { sql: readSql(sql), status: 'pending' }
}

function queryWithFallbacks(value: unknown): JobQuery {
  if (!isObject(value)) throw new AccessError('batch_sql_invalid')
  return {
    ...queryOf(value.query),
    ...fallbacksOf(value),
    ...(value.timeout !== undefined &&
      value.timeout !== null && { timeoutMs: readTimeout(value.timeout) }),
  }
}

function fallbacksOf({ onsuccess, onerror }: Record<string, unknown>): {
  readonly onsuccess?: string
  readonly onerror?: string
  readonly fallbackStatus?: 'pending'
} {
  // An empty text is no fallback, as on the original.
  const onSuccess = onsuccess ? readSql(onsuccess) : undefined
  const onError = onerror ? readSql(onerror) : undefined
  return {
    ...(onSuccess !== undefined && { onsuccess: onSuccess }),
    ...(onError !== undefined && { onerror: onError }),
    ...((onSuccess ?? onError) !== undefined && { fallbackStatus: 'pending' }),
  }
}

function readSql(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '' || !isStorableText(value)) {
    throw new AccessError('batch_sql_invalid')
  }
  return value
}

function readTimeout(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new AccessError('batch_sql_invalid', {
    message: 'The timeout of a query must be a whole number of milliseconds, at least 1.',
  })
}

function mustHaveOne(values: readonly unknown[]): readonly unknown[] {
  if (values.length === 0) throw new AccessError('batch_sql_invalid')
  return values
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
