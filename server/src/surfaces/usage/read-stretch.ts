import { AccessError } from '../../errors.ts'
import type { UsageGranularity } from '../../store/usage.ts'

export type Stretch = {
  readonly granularity: UsageGranularity
  readonly from: Date
  readonly to: Date
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const defaults: Record<UsageGranularity, number> = { hour: dayMs, day: 30 * dayMs }
/** What was counted is not kept for longer. */
const maxMs = 90 * dayMs

/**
 * Reads which usage is asked for. `from` is taken back and `to` on to a whole hour or day of UTC.
 * Without them: the last 24 hours, or the last 30 days. Throws invalid_parameter.
 */
export function readStretch(query: Record<string, unknown>, now: Date): Stretch {
  const granularity = readGranularity(query.granularity)
  const unitMs = granularity === 'day' ? dayMs : hourMs
  const toMs = Math.ceil(readTime(query, 'to', now.getTime()) / unitMs) * unitMs
  const fromMs = Math.floor(readTime(query, 'from', toMs - defaults[granularity]) / unitMs) * unitMs
  if (fromMs >= toMs) throw invalid("The 'from' parameter must be before 'to'.")
  if (toMs - fromMs > maxMs + dayMs) throw invalid("'from' and 'to' are more than 90 days apart.")
  return { granularity, from: new Date(fromMs), to: new Date(toMs) }
}

function readGranularity(value: unknown): UsageGranularity {
  if (value === undefined || value === 'hour') return 'hour'
  if (value === 'day') return 'day'
  throw invalid("Wrong 'granularity' parameter value. Valid values are one of [:hour, :day]")
}

/** `2026-11-21`, or with a time and a zone: without a zone nobody could tell which hour is meant. */
const timePattern =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

function readTime(query: Record<string, unknown>, name: string, fallbackMs: number): number {
  return findTime(query, name) ?? fallbackMs
}

/** A parameter that is a time, in milliseconds; undefined when there is none. Throws invalid_parameter. */
export function findTime(
  query: Readonly<Record<string, unknown>>,
  name: string,
): number | undefined {
  const value = query[name]
  if (value === undefined || value === '') return undefined
  const timeMs =
    typeof value === 'string' && timePattern.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(timeMs)) return timeMs
  throw invalid(
    `Wrong '${name}' parameter value. It is a date or a time of ISO 8601, such as 2026-01-31 or 2026-01-31T08:00:00Z.`,
  )
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
