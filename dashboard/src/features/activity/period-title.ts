import { formatDay, formatHour, formatTime, formatUtcDay } from '../../format/times.ts'
import type { Activity } from './api/activity.ts'

/** An hour by the user's clock; a day by that of UTC, because that is how days were counted. */
export function periodTitle(granularity: Activity['granularity'], at: string): string {
  return granularity === 'hour' ? formatHour(at) : formatUtcDay(at)
}

/** The same in the few characters that there are under a bar of so many. */
export function shortPeriodTitle(
  granularity: Activity['granularity'],
  at: string,
  periodCount: number,
): string {
  if (granularity === 'day') return formatUtcDay(at)
  return periodCount <= 25 ? formatTime(at) : formatDay(at)
}
