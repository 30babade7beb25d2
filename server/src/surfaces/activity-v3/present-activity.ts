import { type AccountActivity, sumOf } from '../../commands/get-activity.ts'
import type { ActivityPeriod } from '../../store/activity.ts'
import type { Stretch } from '../usage/read-stretch.ts'

const hourMs = 3_600_000

/** What was used, period by period: also those in which there was nothing. */
export function presentActivity({ periods, apis, credentials }: AccountActivity, stretch: Stretch) {
  const { granularity, from, to } = stretch
  const times = timesOf(stretch)
  const none = { requests: 0, errors: 0, denials: 0 }
  const counted = new Map(periods.map((period) => [period.at.getTime(), period]))
  return {
    granularity,
    from: from.toISOString(),
    to: to.toISOString(),
    totals: sumOf(periods),
    periods: times.map((time) => {
      const { requests, errors, denials } = counted.get(time) ?? none
      return { at: new Date(time).toISOString(), requests, errors, denials }
    }),
    apis: [...apis]
      .map(([api, each]) => ({ api, ...sumOf(each), series: seriesOf(each, times) }))
      .sort((a, b) => b.requests - a.requests),
    credentials: credentials.map(({ kind, credential, periods: each }) => ({
      kind,
      id: credential?.id ?? null,
      name: credential?.name ?? null,
      type: credential?.type ?? null,
      last_used_at: credential?.lastUsedAt?.toISOString() ?? null,
      ...sumOf(each),
      series: seriesOf(each, times),
    })),
  }
}

/** UTC knows no summer time: every day has 24 hours. */
function timesOf({ granularity, from, to }: Stretch): number[] {
  const unitMs = granularity === 'day' ? 24 * hourMs : hourMs
  const count = Math.round((to.getTime() - from.getTime()) / unitMs)
  return Array.from({ length: count }, (_, index) => from.getTime() + index * unitMs)
}

function seriesOf(periods: readonly ActivityPeriod[], times: readonly number[]): number[] {
  const counted = new Map(periods.map(({ at, requests }) => [at.getTime(), requests]))
  return times.map((time) => counted.get(time) ?? 0)
}
